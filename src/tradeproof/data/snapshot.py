"""The pinned snapshot of real bars that a fresh clone starts from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tradeproof.data.bars import bars_to_bytes, read_bars, tidy_bars
from tradeproof.errors import DataError, StorageError
from tradeproof.runtime.files import read_json, write_bytes, write_json

BARS_FILE = "bars.parquet"
METADATA_FILE = "metadata.json"
METADATA_KEYS = ("origin", "licence", "tickers", "rows", "sha256", "adjustment", "survivorship")
WAY_OUT = "run `dvc pull`, or choose another data.source in params.yaml"


@dataclass(frozen=True)
class Snapshot:
    """Bars and what is known of where they come from."""

    bars: pd.DataFrame
    metadata: dict[str, Any]


def write_snapshot(folder: Path) -> None:
    """Write the snapshot: S&P 500 and NASDAQ Composite, daily, 1999-2018, as the arch package ships them.

    The same installed packages give the same bytes.
    """
    from importlib.metadata import version

    bars = _index_bars()
    content = bars_to_bytes(bars)
    write_bytes(folder / BARS_FILE, content)
    metadata = {
        "origin": f"arch.data.sp500 and arch.data.nasdaq of the Python package arch {version('arch')}",
        "licence": "University of Illinois/NCSA Open Source License (the package's own)",
        "tickers": {
            str(ticker): {
                "first": f"{own['date'].iloc[0]:%Y-%m-%d}",
                "last": f"{own['date'].iloc[-1]:%Y-%m-%d}",
                "rows": len(own),
            }
            for ticker, own in bars.groupby("ticker", sort=True)
        },
        "rows": len(bars),
        "sha256": hashlib.sha256(content).hexdigest(),
        "adjustment": "price indices as published: dividends are not included, nothing was adjusted",
        "survivorship": (
            "levels of two indices as computed on each day from the members of that day; an index itself cannot be "
            "bought, and these two are known today because they lasted"
        ),
    }
    write_json(folder / METADATA_FILE, metadata)


def read_snapshot(folder: Path) -> Snapshot:
    """Read the snapshot, and verify that the bars are the ones its metadata speaks of.

    Raises:
        DataError: A file is missing or does not match its recorded SHA-256.
    """
    bars_path, metadata_path = folder / BARS_FILE, folder / METADATA_FILE
    for path in (metadata_path, bars_path):
        if not path.is_file():
            raise DataError(f"{path} is missing; expected the snapshot of bars that data.path names: {WAY_OUT}")
    try:
        metadata = read_json(metadata_path)
    except StorageError as e:
        raise DataError(f"{metadata_path} is not a JSON object; expected the snapshot's metadata: {WAY_OUT}") from e
    missing = [key for key in METADATA_KEYS if key not in metadata]
    if missing:
        raise DataError(f"{metadata_path} lacks {missing}; expected the keys {list(METADATA_KEYS)}: {WAY_OUT}")
    try:
        bars = read_bars(bars_path, str(metadata["sha256"]))
    except DataError as e:
        raise DataError(f"{e}: {WAY_OUT}") from e
    return Snapshot(bars=bars, metadata=metadata)


def _index_bars() -> pd.DataFrame:
    import arch.data.nasdaq
    import arch.data.sp500

    parts = []
    for ticker, frame in (("SPX", arch.data.sp500.load()), ("IXIC", arch.data.nasdaq.load())):
        # 'Adj Close' equals 'Close' on every row: an index pays nothing
        part = frame.drop(columns="Adj Close").rename(columns=str.lower)
        parts.append(part.assign(ticker=ticker, date=frame.index))
    return tidy_bars(pd.concat(parts, ignore_index=True))
