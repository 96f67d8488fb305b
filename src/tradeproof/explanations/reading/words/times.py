"""Words of time: of the day, of a window, of another date."""

from typing import Any

TIMES: tuple[tuple[str, Any, str], ...] = (
    ("today", 0, "today/now"),
    ("today", 0, "this/the day/session"),
    ("on_day", 0, "on/for/over/during/within the day/session"),
    ("on_day", 0, "that/this day/session"),
    ("on_day", 0, "in one day/session"),
    ("on_day", 0, "since the/_ previous close/day"),
    ("on_day", 0, "from the previous close/day"),
    (
        "over",
        0,
        "over/in/during/across/within/for/through the/_ last/past/previous/prior/trailing/_ # _/trading days/"
        "sessions/bars",
    ),
    ("over", 0, "over/in/during/on/for the/_ last/past/previous # _/trading day/session"),
    ("over", 0, "over/in/within # _/trading day/session"),
    ("over", 0, "# day basis/window/horizon/period"),
    ("over", 0, "than # days ago/before/earlier"),
    ("over", 0, "last/past # _/trading days/sessions/bars"),
    ("over", 0, "since # days ago"),
    ("weekday", 0, "monday/mondays"),
    ("weekday", 1, "tuesday/tuesdays"),
    ("weekday", 2, "wednesday/wednesdays"),
    ("weekday", 3, "thursday/thursdays"),
    ("weekday", 4, "friday/fridays"),
    ("weekday", 5, "saturday"),
    ("weekday", 6, "sunday"),
    ("month", 1, "january/jan"),
    ("month", 2, "february/feb"),
    ("month", 3, "march"),
    ("month", 4, "april/apr"),
    ("month", 5, "may_month"),
    ("month", 6, "june/jun"),
    ("month", 7, "july/jul"),
    ("month", 8, "august/aug"),
    ("month", 9, "september/sep/sept"),
    ("month", 10, "october/oct"),
    ("month", 11, "november/nov"),
    ("month", 12, "december/dec"),
)
"""Kind, what it says, words."""

MOMENTS: tuple[str, ...] = (
    "yesterday",
    "the day before",
    "a day earlier/ago/before",
    "previous/prior day/session/bar",
    "last week/month/year",
    "a/one week/month/year/quarter earlier/ago/before",
    "# days/weeks/months/years earlier/ago/before",
    "# weeks/months/years ago",
)
"""Words for other dates; they say nothing where the facts give them no date."""
