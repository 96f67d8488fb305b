"""The schema of params.yaml and its loader."""

from tradeproof.params.loader import load_params
from tradeproof.params.schema import AllParams

__all__ = ["AllParams", "load_params"]
