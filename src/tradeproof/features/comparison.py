"""Results as named columns, and the comparison of their past and their future, bit for bit."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tradeproof.errors import LookaheadError
from tradeproof.features.futures import BoolArray, Cut
from tradeproof.features.leaks import IGNORED, REPEATED, Leak

Columns = dict[str, npt.NDArray[Any]]
"""Name -> [row]; numbers as float64, anything else as text that is equal when the values are."""


class Comparison:
    """Collects, over all cuts, which columns changed before the cut and which moved after it."""

    def __init__(self, bars: pd.DataFrame, expected: Columns, horizon: int) -> None:
        self._dates = bars["date"].to_numpy()
        self._tickers = bars["ticker"].to_numpy() if "ticker" in bars.columns else np.zeros(len(bars))
        self._horizon = horizon
        self._found: dict[str, Leak] = {}
        self._moved: set[str] = set()
        self._last_rewritten: Cut | None = None
        self.expected = expected
        self.compared = 0

    def repeat(self, found: Columns) -> None:
        """Compare two runs on the same bars."""
        rows = np.ones(self._dates.size, dtype=np.bool_)
        cut = Cut(np.unique(self._dates).size - 1, pd.Timestamp(self._dates.max()), rows, ~rows)
        self._compare_past(cut, REPEATED, found, rows)

    def compare(self, cut: Cut, rewriting: str, found: Columns) -> None:
        """Compare a run on a rewritten future."""
        past = self._comparable(cut)
        self.compared += sum(int(_present(values[past]).sum()) for values in self.expected.values())
        self._compare_past(cut, rewriting, found, past)
        if rewriting == "truncated":
            return
        self._last_rewritten = cut
        for name in self.expected.keys() & found.keys():
            if name not in self._moved and differing(self.expected[name][~cut.known], found[name][~cut.known]).any():
                self._moved.add(name)

    def unmoved(self) -> tuple[str, ...]:
        """Columns that no rewriting moved."""
        return tuple(name for name in self.expected if name not in self._moved)

    def ignoring(self, dates_only: Collection[str]) -> tuple[Leak, ...]:
        """Columns that ought to have moved: not constant, and not known to depend on dates alone."""
        cut = self._last_rewritten
        if cut is None:
            return ()
        return tuple(
            _leak(name, IGNORED, cut, self._dates, ~cut.known, float("nan"))
            for name in self.unmoved()
            if name not in dates_only and name not in self._found and not _constant(self.expected[name])
        )

    def leaks(self) -> tuple[Leak, ...]:
        """One leak per column, earliest cut first."""
        return tuple(sorted(self._found.values(), key=lambda leak: leak.cut))

    def refuse_if_void(self, subject: str) -> None:
        """Refuse to call a check passed that proved nothing."""
        if self.compared == 0:
            raise LookaheadError(
                f"{subject}: no value before any cut is present, so nothing was compared; expected bars beyond the "
                "warm-up: pass more bars or later cuts"
            )
        if self._last_rewritten is not None and not self._moved and not self._found:
            raise LookaheadError(
                f"{subject}: rewriting the bars after a cut changed nothing, not even after the cut; expected a result "
                "computed from the bars that are passed in, not from some captured before"
            )

    def _compare_past(self, cut: Cut, rewriting: str, found: Columns, past: BoolArray) -> None:
        # rows of a truncated run are the known ones, in the same order
        rows = past[cut.known] if rewriting == "truncated" else past
        for name in dict.fromkeys([*self.expected, *found]):
            if name not in found or name not in self.expected:
                changed, largest = past, float("nan")
            else:
                before, after = self.expected[name][past], found[name][rows]
                changed = np.zeros(past.size, dtype=np.bool_)
                changed[past] = differing(before, after)
                largest = _largest_difference(before, after)
            if changed.any():
                self._record(name, _leak(name, rewriting, cut, self._dates, changed, largest))

    def _record(self, name: str, leak: Leak) -> None:
        first = self._found.get(name, leak)
        # what differs between two equal runs says nothing about the future
        if first.rewriting != REPEATED:
            revealed_by = tuple(dict.fromkeys([*first.revealed_by, leak.rewriting]))
            first = replace(first, revealed_by=revealed_by)
        self._found[name] = first

    def _comparable(self, cut: Cut) -> BoolArray:
        """Known rows whose own horizon is known too."""
        if self._horizon == 0:
            return cut.known
        comparable = cut.known.copy()
        for ticker in pd.unique(self._tickers):
            own = np.flatnonzero(cut.known & (self._tickers == ticker))
            comparable[own[-self._horizon :]] = False
        return comparable


def columns_of(result: Any) -> Columns:
    """Columns of a DataFrame, a Series, or an array whose first axis is the row.

    Raises:
        LookaheadError: The result is something else, or two columns share a name.
    """
    if isinstance(result, pd.Series):
        return {str(result.name): _comparable_values(result)}
    if isinstance(result, np.ndarray) and result.ndim >= 1:
        flat = result.reshape(result.shape[0], int(np.prod(result.shape[1:])))
        return {f"[{place}]": _comparable_values(pd.Series(flat[:, place])) for place in range(flat.shape[1])}
    if not isinstance(result, pd.DataFrame):
        raise LookaheadError(f"{type(result).__name__} came back, expected a DataFrame, a Series or an array of rows")
    columns = {str(name): _comparable_values(result.iloc[:, place]) for place, name in enumerate(result.columns)}
    if len(columns) != result.shape[1] or not columns:
        raise LookaheadError(f"columns {list(result.columns)} came back, expected at least one and each name once")
    return columns


def differing(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> BoolArray:
    """Where two columns differ in any bit; missing equals missing, 0.0 differs from -0.0."""
    if before.dtype != np.float64 or after.dtype != np.float64:
        return np.asarray(_texts(before) != _texts(after), dtype=np.bool_)
    unequal = before.view(np.uint64) != after.view(np.uint64)
    return np.asarray(unequal & ~(np.isnan(before) & np.isnan(after)), dtype=np.bool_)


def _leak(
    name: str, rewriting: str, cut: Cut, dates: npt.NDArray[np.datetime64], rows: BoolArray, largest: float
) -> Leak:
    return Leak(
        column=name,
        rewriting=rewriting,
        cut=cut.position,
        cut_date=_day(cut.date),
        first_date=_day(pd.Timestamp(dates[rows].min())),
        differing=int(rows.sum()),
        largest=largest,
        revealed_by=(rewriting,),
    )


def _largest_difference(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> float:
    """Largest absolute difference between two numbers of a row; NaN when they differ only in being there."""
    if before.dtype != np.float64 or after.dtype != np.float64:
        return float("nan")
    numbers = differing(before, after) & np.isfinite(before) & np.isfinite(after)
    return float(np.abs(before[numbers] - after[numbers]).max()) if numbers.any() else float("nan")


def _present(values: npt.NDArray[Any]) -> BoolArray:
    if values.dtype == np.float64:
        return np.asarray(~np.isnan(values), dtype=np.bool_)
    return np.ones(values.shape, dtype=np.bool_)


def _constant(values: npt.NDArray[Any]) -> bool:
    return np.unique(values[_present(values)]).size <= 1


def _comparable_values(values: "pd.Series[Any]") -> npt.NDArray[Any]:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
        return values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    return _texts(values.to_numpy(dtype=np.object_))


def _texts(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    texts = np.empty(values.size, dtype=np.object_)
    texts[:] = [value if isinstance(value, _Text) else _text(value) for value in values.tolist()]
    return texts


class _Text(str):
    """What a value is compared as when it is not a number."""

    __slots__ = ()


def _text(value: object) -> _Text:
    if isinstance(value, np.ndarray):
        return _Text(f"{value.dtype}{value.shape}{value.tobytes().hex()}")
    if value is None or value is pd.NaT or value is pd.NA:
        return _Text("nan")
    return _Text(repr(value))


def _day(date: pd.Timestamp) -> str:
    return date.isoformat().removesuffix("T00:00:00")
