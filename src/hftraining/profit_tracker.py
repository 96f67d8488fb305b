"""The guide's name for the simulated accounts in which forecasts are traded."""

from tradeproof.forecasting.profit import ProfitTracker

__all__ = ["ProfitTracker"]
