"""From a source to bars one can work with, and the manifest that says what they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tradeproof.data.adjustment import AdjustedBars, adjust_bars
from tradeproof.data.bars import VALUE_COLUMNS
from tradeproof.data.quality import Period, QualityReport, check_bars
from tradeproof.data.quality_rules import order_broken
from tradeproof.data.sources import RawBars, load_bars
from tradeproof.errors import DataError
from tradeproof.params.schema import AllParams


@dataclass(frozen=True)
class Acquired:
    """Clean, total-return-adjusted bars and their manifest.

    Attributes:
        bars: BARS_COLUMNS, restricted to universe.tickers and data.start to data.end.
        manifest: JSON values only, without a time stamp or a path of this machine.
    """

    bars: pd.DataFrame
    manifest: dict[str, Any]


def acquire_bars(params: AllParams, root: Path) -> Acquired:
    """Load, check, adjust.

    The quality gate sees raw prices, because an adjustment could hide what is wrong with them.

    Args:
        params: Universe, data, download and seed are read.
        root: The repository, to which data.path is relative.

    Raises:
        DataError: The source has no usable bars, or they fail the quality gate; all faults at once.
    """
    raw = load_bars(params.data, params.universe, params.seed, root)
    period = Period(params.data.start, params.data.end)
    report = check_bars(raw.files, period, params.universe, params.download)
    adjusted = adjust_bars(report.bars, raw.origin.adjustment)
    _recheck(report.bars, adjusted.bars)
    found = sorted(set(adjusted.bars["ticker"]))
    missing = [ticker for ticker in params.universe.tickers if ticker not in found]
    if missing:
        raise DataError(
            f"universe.tickers holds {missing}, of which {raw.origin.location} gave no bars from {period.start} to "
            f"{period.end}; it has {found}. Correct the ticker, or ask for other days"
        )
    return Acquired(adjusted.bars, _manifest(params, raw, report, adjusted))


def _recheck(raw: pd.DataFrame, adjusted: pd.DataFrame) -> None:
    """The adjustment scales a bar as a whole, so it may not break the order of any bar that had it."""
    broken = order_broken(adjusted) & ~order_broken(raw)
    lost = adjusted[list(VALUE_COLUMNS)].isna() & ~raw[list(VALUE_COLUMNS)].isna()
    broken |= lost.any(axis=1).to_numpy()
    if broken.any():
        first = adjusted[broken].iloc[0]
        raise DataError(
            f"the adjustment breaks {int(broken.sum())} bars, first {first['ticker']} {first['date']:%Y-%m-%d}; "
            "expected low <= open, close <= high as before: look at its split_coefficient and dividend_amount"
        )


def _manifest(params: AllParams, raw: RawBars, report: QualityReport, adjusted: AdjustedBars) -> dict[str, Any]:
    return {
        "source": raw.origin.source,
        "synthetic": raw.origin.synthetic,
        "origin": raw.origin.location,
        "licence": raw.origin.licence,
        "inputs": raw.inputs(),
        "calendar": params.universe.calendar,
        "tickers": {str(ticker): _span(own) for ticker, own in adjusted.bars.groupby("ticker", sort=True)},
        "rows": len(adjusted.bars),
        "adjustment": adjusted.statement,
        "splits": adjusted.splits,
        "dividends": adjusted.dividends,
        "survivorship": raw.origin.survivorship,
        **report.to_dict(),
    }


def _span(own: pd.DataFrame) -> dict[str, Any]:
    return {
        "first": f"{own['date'].iloc[0]:%Y-%m-%d}",
        "last": f"{own['date'].iloc[-1]:%Y-%m-%d}",
        "rows": len(own),
    }
