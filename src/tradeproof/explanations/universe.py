"""The universe on a date: what all tickers did together, which of them are worth naming, and the facts of each task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.readings import family_name
from tradeproof.explanations.snapshots import TickerReadings
from tradeproof.market.positions import ACTIONS

MOMENTS: Mapping[str, int] = {"yesterday": 1, "a month earlier": 20}
"""Words for earlier bars of the same ticker, and how many bars before."""
COMPARED_BARS = 20
"""Longest window of the return that members are compared by."""

Place = tuple[str, int]
"""A ticker, and a place among its decisions."""


@dataclass(frozen=True)
class Universe:
    """The decisions of all tickers."""

    tickers: Mapping[str, TickerReadings]

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        return {name: {str(day): n for n, day in enumerate(own.dates)} for name, own in self.tickers.items()}

    def on(self, date: str) -> list[Place]:
        """The decisions that were made on a date, by ticker."""
        return [(name, places[date]) for name, places in self._places.items() if date in places]

    def date_of(self, place: Place) -> str:
        """The date of a decision."""
        return str(self.tickers[place[0]].dates[place[1]])

    def reading(self, place: Place, key: str) -> float:
        """One reading; NaN where there is none."""
        columns = self.tickers[place[0]].columns
        return float(columns[key][place[1]]) if key in columns else float("nan")

    def earlier(self, place: Place) -> dict[str, Place]:
        """The decisions of the same ticker at the MOMENTS before; those at which none was made are left out."""
        ticker, n = place
        rows = self.tickers[ticker].decided.rows
        found = {}
        for word, bars in MOMENTS.items():
            before = int(np.searchsorted(rows, rows[n] - bars))
            if rows[before] == rows[n] - bars:
                found[word] = (ticker, before)
        return found

    def readings_on(self, date: str) -> dict[str, float]:
        """What all tickers did together, `universe_...`."""
        places = self.on(date)
        states = [{name: str(words[n]) for name, words in self.tickers[ticker].states.items()} for ticker, n in places]
        actions = [ACTIONS[self.tickers[ticker].decided.actions[n]] for ticker, n in places]
        counts = {
            "size": len(places),
            "rising": sum(words["day"] == "up" for words in states),
            "falling": sum(words["day"] == "down" for words in states),
            "overbought": sum(words["rsi"] == "overbought" for words in states),
            "oversold": sum(words["rsi"] == "oversold" for words in states),
            "trend_up": sum(words["trend"] == "up" for words in states),
            "trend_down": sum(words["trend"] == "down" for words in states),
            **{action: actions.count(action) for action in ACTIONS},
        }
        medians = {f"universe_{key}": self._median(places, key) for key in self._windows("return")}
        for name, family in (("volatility", "volatility_level"), ("rsi", "rsi")):
            medians |= {f"universe_{name}": self._median(places, key) for key in self._windows(family)}
        found = {f"universe_{name}": float(count) for name, count in counts.items()} | medians
        shown = {key: float(quantity(key).displayed(np.asarray(value))) for key, value in found.items()}
        return {key: value for key, value in shown.items() if np.isfinite(value)}

    def members_on(self, date: str) -> list[Place]:
        """Tickers worth naming: the strongest, the weakest and the most volatile one."""
        places = self.on(date)
        windows = self._windows("return")
        compared = max(
            (key for key in windows if quantity(key).window <= COMPARED_BARS), key=lambda k: quantity(k).window
        )
        ordered = sorted(places, key=lambda place: np.nan_to_num(self.reading(place, compared)))
        volatile = max(places, key=lambda place: np.nan_to_num(self.reading(place, "volatility_level")))
        return list(dict.fromkeys([ordered[-1], ordered[0], volatile]))

    def _median(self, places: Sequence[Place], key: str) -> float:
        values = [value for place in places if np.isfinite(value := self.reading(place, key))]
        return float(np.median(values)) if values else float("nan")

    def _windows(self, family: str) -> list[str]:
        first = next(iter(self.tickers.values()))
        return [key for key in first.columns if family_name(key) == family]


def commentary_facts(universe: Universe, focus: Place, found: Mapping[Place, Snapshot]) -> Facts:
    """The facts of a commentary on the date of a decision: the whole universe, and a few tickers in full."""
    date = universe.date_of(focus)
    places = dict.fromkeys([focus, *universe.members_on(date)])
    return Facts(tuple(found[place] for place in places), {}, universe.readings_on(date))


def chat_facts(universe: Universe, focus: Place, found: Mapping[Place, Snapshot], after: str) -> Facts:
    """The facts of a chat: a decision, those at earlier moments, and the universe where it is more than one ticker.

    Args:
        universe: All decisions.
        focus: The decision that is talked about.
        found: Snapshots of all places that are needed.
        after: Earlier moments are told from the first date after this one only.
    """
    date = universe.date_of(focus)
    moments = {word: place for word, place in universe.earlier(focus).items() if universe.date_of(place) > after}
    whole = universe.readings_on(date) if len(universe.on(date)) > 1 else {}
    dates = {word: universe.date_of(place) for word, place in moments.items()}
    return Facts((found[focus], *(found[place] for place in moments.values())), dates, whole)
