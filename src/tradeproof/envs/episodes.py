"""Where episodes begin and end: whole ones, of one ticker, that never step onto a bar that is not theirs."""

from dataclasses import dataclass

import numpy as np

from tradeproof.envs.series import Flags, Integers, MarketSeries
from tradeproof.errors import DataError


@dataclass(frozen=True)
class Episodes:
    """The decisions that episodes can be made of.

    Attributes:
        bars: [decision], bars on which a decision can be made, ascending.
        lasts: [decision], the last decision's place that can be reached from it without stepping onto a strange bar.
        starts: Places from which a whole episode fits; of a stretch that is too short for one, its first place.
        length: Decisions of a whole episode.
    """

    bars: Integers
    lasts: Integers
    starts: Integers
    length: int

    def draw(self, generator: np.random.Generator, count: int) -> Integers:
        """Places at which `count` episodes begin, by chance, each start as probable as any other."""
        return self.starts[generator.integers(len(self.starts), size=count)]

    def place(self, bar: int) -> int:
        """The place of a bar at which an episode, whole or not, may begin.

        Raises:
            DataError: No decision can be made there, or it would be the last one.
        """
        place = int(np.searchsorted(self.bars, bar))
        if place >= len(self.bars) or self.bars[place] != bar or self.lasts[place] <= place:
            raise DataError(
                "no episode can begin there: the bar is not ready, or is none of these, or is the last of its stretch; "
                "choose another date"
            )
        return place

    def ends(self, places: Integers, lengths: Integers | int) -> Integers:
        """Last bars of episodes with so many decisions, or as many as there are."""
        return self.bars[np.minimum(places + lengths, self.lasts[places])]


def episodes(series: MarketSeries, allowed: Flags, length: int) -> Episodes:
    """Find the episodes in a market.

    Args:
        series: The market.
        allowed: [bar], bars that an episode may step onto, such as those of the training split.
        length: Decisions of a whole episode.

    Raises:
        DataError: There is no episode: fewer than two allowed bars in a row are ready.
    """
    breaks = ~allowed
    breaks[series.starts[:-1]] = True
    stretches = np.cumsum(breaks)
    bars = np.flatnonzero(allowed & series.ready)
    lasts = np.searchsorted(stretches[bars], stretches[bars], side="right") - 1
    firsts = np.searchsorted(stretches[bars], stretches[bars], side="left")
    places = np.arange(len(bars))
    whole = places + length <= lasts
    short = (places == firsts) & (lasts > places)
    starts = np.flatnonzero(whole | short)
    if not len(starts):
        raise DataError(
            f"no ticker of {list(series.tickers)} has two bars in a row on which a decision can be made; expected more "
            "bars in this split (params split, data.start)"
        )
    return Episodes(bars, lasts, starts, length)
