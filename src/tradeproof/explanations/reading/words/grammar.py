"""Small words that hold a sentence together, and turns of speech that say nothing."""

from typing import Any

GRAMMAR: tuple[tuple[str, Any, str], ...] = (
    ("skip", 0, "next open/opening"),
    ("skip", 0, "at/for/with the next open/bar/opening"),
    ("skip", 0, "at the/this/that close"),
    ("skip", 0, "on/at the/_ open"),
    ("skip", 0, "so far"),
    ("skip", 0, "of course"),
    ("skip", 0, "such as"),
    ("skip", 0, "more or less"),
    ("skip", 0, "above all"),
    ("skip", 0, "over/above the/that/this/these all"),
    ("skip", 0, "set/sets/setting up/against"),
    ("skip", 0, "adds/add/adding/makes/made up to"),
    ("by", 0, "by"),
    ("to", 0, "to"),
    ("from", 0, "from"),
    ("it", 0, "it/its/which/that/this/they/them/their"),
    ("stock", 0, "stock/share/index/market/security/instrument"),
    ("and", 0, "and/or/plus/as_well_as/&"),
    ("break", 0, "but/while/whereas/although/though/however/yet/because/since/as/so/hence/therefore/when/where/still"),
    (
        "is",
        0,
        "is/was/are/were/stands/stood/reads/sits/at/of/equals/being/be/been/comes/came/amounts/amounted/"
        "reached/reaches/shows/showed/measures/measured/has/had_been/has_been/with",
    ),
    ("word", 0, "the/a/an/in/for/on/by_far/just/only/still/even/also/very"),
)
"""Kind, what it says, words."""
