"""Where bars come from: the snapshot, a folder, a vendor, or the simulator."""

from tradeproof.data.sources.provider import load_bars
from tradeproof.data.sources.raw import BarFile, Origin, RawBars

__all__ = ["BarFile", "Origin", "RawBars", "load_bars"]
