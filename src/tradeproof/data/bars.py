"""Daily bars in long form: the one table every floor above reads."""

import io
from pathlib import Path

import pandas as pd

from tradeproof.errors import DataError
from tradeproof.runtime.files import sha256_file, write_bytes

PRICE_COLUMNS = ("open", "high", "low", "close")
VALUE_COLUMNS = (*PRICE_COLUMNS, "volume")
BARS_COLUMNS = ("ticker", "date", *VALUE_COLUMNS)
# what a vendor adds to raw bars: its own adjusted close; new shares per old one, and money per share, on the ex-date
ADJUSTED_CLOSE = "adjusted_close"
FACTOR_COLUMNS = ("split_coefficient", "dividend_amount")


def tidy_bars(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring bars into the agreed form: columns, dtypes, order.

    Args:
        frame: Holds at least BARS_COLUMNS with values that already have the right meaning.

    Returns:
        A new frame with exactly BARS_COLUMNS: ticker str, date datetime64[us] (the session, no time zone), the rest
        float64; sorted by ticker and date, with a fresh index.

    Raises:
        DataError: A column is missing, or a ticker has two bars on one date.
    """
    _require(frame, "bars")
    columns = {
        "ticker": frame["ticker"].astype("str"),
        "date": pd.to_datetime(frame["date"]).dt.as_unit("us"),
        **{name: frame[name].astype("float64") for name in VALUE_COLUMNS},
    }
    bars = pd.DataFrame(columns).sort_values(["ticker", "date"], kind="stable", ignore_index=True)
    repeated = bars.duplicated(["ticker", "date"])
    if repeated.any():
        first = bars.loc[repeated].iloc[0]
        raise DataError(
            f"bars hold {int(repeated.sum())} repeated days, first {first['ticker']} {first['date']:%Y-%m-%d}; "
            "expected one bar per ticker and date"
        )
    return bars


def bars_to_bytes(bars: pd.DataFrame) -> bytes:
    """Encode bars as parquet; the same bars give the same bytes on one machine."""
    buffer = io.BytesIO()
    bars.to_parquet(buffer, engine="pyarrow", index=False, compression="zstd")
    return buffer.getvalue()


def write_bars(path: Path, bars: pd.DataFrame) -> None:
    """Write bars as parquet, whole or not at all."""
    write_bytes(path, bars_to_bytes(bars))


def read_bars(path: Path, sha256: str) -> pd.DataFrame:
    """Read bars that write_bars wrote, and verify that they are the ones meant.

    Args:
        path: The parquet file.
        sha256: Its expected SHA-256, from the manifest or the metadata beside it.

    Raises:
        DataError: The file is missing, is not what was written, is not parquet, or does not hold bars.
    """
    import pyarrow as pa

    try:
        found = sha256_file(path)
        if found != sha256:
            raise DataError(
                f"{path} has SHA-256 {found}, expected {sha256} as recorded beside it: the bars were changed or "
                "damaged; make them again"
            )
        frame = pd.read_parquet(path, engine="pyarrow")
    except (OSError, pa.ArrowException) as e:
        raise DataError(f"{path} cannot be read as parquet ({e}); make it again") from e
    _require(frame, str(path))
    return tidy_bars(frame)


def _require(frame: pd.DataFrame, name: str) -> None:
    missing = [column for column in BARS_COLUMNS if column not in frame.columns]
    if missing:
        raise DataError(
            f"{name} lacks the columns {missing} (found {list(map(str, frame.columns))}); expected {list(BARS_COLUMNS)}"
        )
