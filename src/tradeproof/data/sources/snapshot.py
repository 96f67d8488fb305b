"""The pinned snapshot as a source."""

from pathlib import Path

from tradeproof.data.snapshot import BARS_FILE, read_snapshot
from tradeproof.data.sources.raw import BarFile, Origin, RawBars
from tradeproof.errors import DataError
from tradeproof.params.schema import DataParams, UniverseParams


def load_snapshot(data: DataParams, universe: UniverseParams, root: Path) -> RawBars:
    """Read the wanted tickers of the snapshot.

    Raises:
        DataError: The snapshot is missing or damaged, or does not hold a ticker.
    """
    snapshot = read_snapshot(root / data.path)
    metadata = snapshot.metadata
    there = sorted(metadata["tickers"])
    unknown = [ticker for ticker in universe.tickers if ticker not in there]
    if unknown:
        raise DataError(
            f"universe.tickers holds {unknown}, which the snapshot in {data.path}/ does not have; it has {there}. "
            "Choose among them, or another data.source"
        )
    bars = snapshot.bars[snapshot.bars["ticker"].isin(universe.tickers)].reset_index(drop=True)
    origin = Origin(
        source="snapshot",
        location=str(metadata["origin"]),
        licence=str(metadata["licence"]),
        adjustment=str(metadata["adjustment"]),
        survivorship=str(metadata["survivorship"]),
        synthetic=False,
    )
    return RawBars((BarFile(BARS_FILE, str(metadata["sha256"]), bars),), origin)
