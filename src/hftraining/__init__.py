"""The door of the HF training guide: its commands and its API, made of the same code as the pipeline's stages."""

from hftraining.profit_tracker import ProfitTracker

__all__ = ["ProfitTracker"]
