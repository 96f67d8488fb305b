"""The quality gate: every rule on every file, all errors at once, everything dropped or kept counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import numpy as np
import pandas as pd

from tradeproof.data.bars import PRICE_COLUMNS
from tradeproof.data.calendar import sessions
from tradeproof.data.finding import FIRST_ROWS, SCHEMA, Finding
from tradeproof.data.parsing import parse_file
from tradeproof.data.quality_rules import (
    ROW_RULES,
    SERIES_RULES,
    Breach,
    Context,
    Mask,
    breaches_of_rows,
    order_broken,
)
from tradeproof.data.sources.raw import BarFile
from tradeproof.errors import DataError
from tradeproof.params.schema import DownloadParams, QualityActions, UniverseParams

NO_EVENT = {"split_coefficient": 1.0, "dividend_amount": 0.0}


@dataclass(frozen=True)
class QualityReport:
    """Bars that passed, and all that was found.

    Attributes:
        bars: BARS_COLUMNS and, where the files have them, adjusted_close and FACTOR_COLUMNS; raw prices; sorted by
            ticker and date.
        findings: With action drop or warn; an error would have stopped.
    """

    bars: pd.DataFrame
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON values, in a fixed order."""
        return {"findings": [finding.to_dict() for finding in self.findings]}


@dataclass(frozen=True)
class Period:
    """Days asked for, both included; rows outside are left out before any rule looks."""

    start: date
    end: date


def check_bars(
    files: Sequence[BarFile], period: Period, universe: UniverseParams, download: DownloadParams
) -> QualityReport:
    """Pass delivered bars through the quality gate.

    Args:
        files: As a source delivered them: raw prices, with split_coefficient and dividend_amount where it knows them.
        period: Days asked for.
        universe: Tickers that must be there, and their calendar.
        download: The action and the limit of each rule.

    Raises:
        DataError: A rule whose action is error is broken, a file cannot be understood, or a ticker has too few bars.
            One line per file, ticker and rule, all of them.
    """
    parts, findings = [], []
    for file in files:
        bars, found = _check_file(file, period, universe, download)
        parts.append(bars)
        findings += found
    errors = [finding for finding in findings if finding.action == "error"]
    if errors:
        names = ", ".join(dict.fromkeys(finding.file for finding in errors))
        lines = [f"{names}: {len(errors)} fault{'s' if len(errors) > 1 else ''} in the bars (params download)"]
        raise DataError("\n".join([*lines, *(f"  {finding.line()}" for finding in errors)]))
    bars = pd.concat([part for part in parts if part is not None], ignore_index=True)
    return QualityReport(bars.sort_values(["ticker", "date"], kind="stable", ignore_index=True), tuple(findings))


def _check_file(
    file: BarFile, period: Period, universe: UniverseParams, download: DownloadParams
) -> tuple[pd.DataFrame | None, list[Finding]]:
    parsed = parse_file(file, download.quality.other_headers)
    findings = list(parsed.findings)
    if parsed.frame is None:
        return None, findings
    inside = parsed.frame["date"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    bars = parsed.frame[inside].reset_index(drop=True)
    findings += _absent(file.name, parsed.frame, bars, period)
    if bars.empty:
        return None, findings
    context = Context(download.limits, sessions(universe.calendar, period.start, period.end))
    tickers = sorted(set(bars["ticker"]))
    bars = neutral_factors(bars)
    for rule in ROW_RULES:
        broken = rule.find(bars, context)
        action = str(getattr(download.quality, rule.name))
        if broken.any():
            findings += _describe(file.name, rule.name, action, rule.remedy, breaches_of_rows(rule, bars, broken))
        if rule.name == "unsorted":
            bars = bars.sort_values(["ticker", "date"], kind="stable", ignore_index=True)
        elif action == "drop" and broken.any():
            bars = _without(bars, broken, carry=rule.name != "duplicate_dates")
    for series_rule in SERIES_RULES:
        action = str(getattr(download.quality, series_rule.name))
        breaches = series_rule.find(bars, context) if len(bars) else []
        findings += _describe(file.name, series_rule.name, action, series_rule.remedy, breaches)
    findings += _too_few(file.name, tickers, bars, download.limits.bars)
    return settle_rounding(bars), findings


def _describe(file: str, rule: str, action: str, remedy: str, breaches: Sequence[Breach]) -> list[Finding]:
    advice = f"{remedy}. {_way_out(rule)}" if action == "error" else remedy
    return [
        Finding(rule, action, file, breach.ticker, breach.count, breach.rows[:FIRST_ROWS], advice)
        for breach in breaches
    ]


def _way_out(rule: str) -> str:
    """How params.yaml could allow what the rule found."""
    annotation = QualityActions.model_fields[rule].annotation
    means = {"drop": "drop (leave these rows out)", "warn": "warn (keep them)"}
    allowed = [means[action] for action in get_args(annotation) if action in means]
    return f"Correct the file, or set download.quality.{rule} to {' or '.join(allowed)}"


def _absent(file: str, delivered: pd.DataFrame, bars: pd.DataFrame, period: Period) -> list[Finding]:
    """Tickers without a row inside the period."""
    there = set(bars["ticker"])
    found = []
    for ticker, dates in delivered.groupby("ticker", sort=True)["date"]:
        if ticker not in there:
            span = f"its {len(dates)} rows run from {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}"
            advice = f"No row from data.start {period.start} to data.end {period.end}; ask for other days"
            found.append(Finding("no_bars", "error", file, str(ticker), 0, (span,), advice))
    if delivered.empty:
        advice = "The file has no readable row; ask the vendor for it again"
        found.append(Finding(SCHEMA, "error", file, "*", 0, (), advice))
    return found


def _too_few(file: str, tickers: list[str], bars: pd.DataFrame, least: int) -> list[Finding]:
    counts = bars.groupby("ticker")["date"].size().reindex(tickers, fill_value=0)
    advice = f"Expected at least {least} bars (download.limits.bars); ask for more days, or lower the limit"
    return [
        Finding("too_few_bars", "error", file, str(ticker), int(count), (), advice)
        for ticker, count in counts[counts < least].items()
    ]


def neutral_factors(bars: pd.DataFrame) -> pd.DataFrame:
    """An empty factor cell says that nothing happened that day: split 1, dividend 0. So does a split of 0."""
    filled = {name: bars[name].fillna(none) for name, none in NO_EVENT.items() if name in bars}
    if "split_coefficient" in filled:
        filled["split_coefficient"] = filled["split_coefficient"].replace(0.0, NO_EVENT["split_coefficient"])
    return bars.assign(**filled)


def _without(bars: pd.DataFrame, broken: Mask, carry: bool) -> pd.DataFrame:
    """Leave rows out; a split or dividend that stands in one of them moves to the ticker's next kept row.

    Args:
        bars: Sorted by ticker and date.
        broken: Rows to leave out.
        carry: False for repeated days, whose event stands in the kept row already.
    """
    kept = bars[~broken].copy()
    events = [name for name in NO_EVENT if name in bars]
    if carry and events:
        happened = pd.concat([bars[name] != NO_EVENT[name] for name in events], axis=1).any(axis=1).to_numpy()
        for row in np.flatnonzero(broken & happened):
            later = kept.index[(kept.index > row) & (kept["ticker"] == bars["ticker"][row])]
            if len(later):
                _add_events(kept, later[0], {name: float(bars[name][row]) for name in events})
    return kept.reset_index(drop=True)


def _add_events(kept: pd.DataFrame, row: int, events: dict[str, float]) -> None:
    for name, value in events.items():
        own = float(kept[name][row])
        kept.loc[row, name] = own * value if name == "split_coefficient" else own + value


def settle_rounding(bars: pd.DataFrame) -> pd.DataFrame:
    """Make high the highest and low the lowest where they are not by less than the rule's tolerance."""
    prices = bars[list(PRICE_COLUMNS)]
    rounding = ~order_broken(bars)
    return bars.assign(
        high=bars["high"].where(~rounding, prices.max(axis=1, skipna=False)),
        low=bars["low"].where(~rounding, prices.min(axis=1, skipna=False)),
    )
