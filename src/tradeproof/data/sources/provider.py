"""The one door to all sources; which one is asked stands in params.yaml and is never switched silently."""

import time
from pathlib import Path

from tradeproof.data.sources.folder import load_folder
from tradeproof.data.sources.raw import RawBars
from tradeproof.data.sources.simulated import load_simulated
from tradeproof.data.sources.snapshot import load_snapshot
from tradeproof.data.sources.yahoo import fetch_history, load_yahoo
from tradeproof.params.schema import DataParams, UniverseParams


def load_bars(data: DataParams, universe: UniverseParams, seed: int, root: Path) -> RawBars:
    """Ask the chosen source for the universe's tickers.

    Args:
        data: The source, its location and the days asked for.
        universe: Tickers and calendar.
        seed: The one seed; only the simulator draws from it.
        root: The repository, to which data.path is relative.

    Returns:
        Bars as delivered; the snapshot and a folder may hold days outside data.start to data.end.

    Raises:
        DataError: The source is missing, does not answer, or does not know a ticker.
    """
    if data.source == "snapshot":
        return load_snapshot(data, universe, root)
    if data.source == "folder":
        return load_folder(data, universe, root)
    if data.source == "yahoo":
        return load_yahoo(data, universe, fetch_history, time.sleep)
    return load_simulated(data, universe, seed)
