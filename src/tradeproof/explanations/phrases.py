"""Phrases: how one reading is named together with its number, in several wordings each.

Every phrase is a singular noun phrase without commas, so that it fits any sentence and any list. {v} stands for the
number, {a} for it without its sign, {b} for it without its unit, {n} for the window, {name} for the label.
"""

from collections.abc import Mapping
from functools import cache

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.derived import derived_phrases
from tradeproof.explanations.facts import Snapshot
from tradeproof.explanations.numbers import coarser, written
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.states import states_of

ANY, POSITIVE, NEGATIVE = "any", "positive", "negative"
"""When a phrase fits; else the word of a state that the reading makes true."""

STATE_OF: Mapping[str, str] = {
    r"volatility_regime_(\d+)": "volatility",
    r"rsi_(\d+)": "rsi",
    r"bollinger_position_(\d+)": "bollinger",
    r"macd_histogram_\d+_\d+_\d+": "macd",
    r"volume_ratio_(\d+)": "volume",
    r"position": "position",
}
"""The state that a reading of the family decides."""

PHRASES: Mapping[str, tuple[tuple[str, str], ...]] = {
    r"return_(\d+)": (
        (ANY, "the {n}-day return of {v}"),
        (ANY, "a {n}-day return of {v}"),
        (ANY, "the {n}-day return at {v}"),
        (POSITIVE, "a rise of {a} over {n} days"),
        (POSITIVE, "the {n}-day gain of {a}"),
        (NEGATIVE, "a fall of {a} over {n} days"),
        (NEGATIVE, "the {n}-day loss of {a}"),
    ),
    r"overnight_gap": (
        (ANY, "the overnight gap of {v}"),
        (ANY, "an overnight gap of {v}"),
        (POSITIVE, "an upward overnight gap of {a}"),
        (NEGATIVE, "a downward overnight gap of {a}"),
    ),
    r"close_location": (
        (ANY, "the place of the close in the day's range at {v}"),
        (ANY, "the close location of {v}"),
    ),
    r"volatility_regime_(\d+)": (
        (ANY, "volatility at {v} its {n}-day level"),
        (ANY, "a volatility ratio of {b}"),
        (ANY, "volatility against its {n}-day level at {v}"),
        ("turbulent", "turbulent volatility at {v} its {n}-day level"),
        ("calm", "calm volatility at {v} its {n}-day level"),
        ("normal", "normal volatility at {v} its {n}-day level"),
    ),
    r"volatility_level": (
        (ANY, "annualised volatility of {v}"),
        (ANY, "an annualised volatility of {v}"),
        (ANY, "the annualised volatility of {v}"),
        (ANY, "annualised volatility at {v}"),
    ),
    r"atr_percent_(\d+)": (
        (ANY, "{name} at {v}"),
        (ANY, "an {name} of {v}"),
        (ANY, "an average true range of {v}"),
    ),
    r"bar_range": ((ANY, "the day's range of {v}"), (ANY, "a daily range of {v}"), (ANY, "a high-low range of {v}")),
    r"parkinson_(\d+)": ((ANY, "{name} of {v}"), (ANY, "a {n}-day Parkinson volatility of {v}")),
    r"range_volatility_(\d+)": ((ANY, "a {n}-day range volatility of {v}"), (ANY, "the {name} of {v}")),
    r"absolute_return_(\d+)": (
        (ANY, "an average daily move over {n} days of {v}"),
        (ANY, "the {n}-day average daily move of {v}"),
    ),
    r"largest_return_(\d+)": (
        (ANY, "the largest daily move in {n} days at {v}"),
        (ANY, "the {n}-day largest daily move of {v}"),
    ),
    r"downside_share_(\d+)": ((ANY, "a {n}-day downside share of {v}"), (ANY, "the {name} of {v}")),
    r"rsi_(\d+)": (
        (ANY, "{name} at {v}"),
        (ANY, "an {name} of {v}"),
        (ANY, "the {name} reading of {v}"),
        (ANY, "the relative strength index at {v}"),
        ("overbought", "an overbought {name} of {v}"),
        ("overbought", "{name} at {v} (overbought)"),
        ("oversold", "an oversold {name} of {v}"),
        ("oversold", "{name} at {v} (oversold)"),
        ("neutral", "a neutral {name} of {v}"),
        ("neutral", "{name} at {v} (neutral)"),
    ),
    r"macd_histogram_\d+_\d+_\d+": (
        (ANY, "the {name} of {v}"),
        (ANY, "a {name} at {v}"),
        (POSITIVE, "a positive {name} of {v}"),
        (NEGATIVE, "a negative {name} of {v}"),
        ("above_signal", "a {name} of {v} (above its signal line)"),
        ("below_signal", "a {name} of {v} (below its signal line)"),
    ),
    r"macd_\d+_\d+": ((ANY, "the MACD line at {v}"), (ANY, "a MACD of {v}"), (ANY, "a MACD line of {v}")),
    r"bollinger_position_(\d+)": (
        (ANY, "a {name} of {v}"),
        (ANY, "the {name} at {v}"),
        (ANY, "a {n}-day {name} of {v}"),
        ("above_upper_band", "a close above the upper Bollinger band ({name} {v})"),
        ("below_lower_band", "a close below the lower Bollinger band ({name} {v})"),
        ("inside_bands", "a close inside the Bollinger bands ({name} {v})"),
    ),
    r"bollinger_width_(\d+)": (
        (ANY, "a {name} of {v}"),
        (ANY, "the {n}-day {name} of {v}"),
        (ANY, "the width of the Bollinger bands at {v}"),
    ),
    r"volume_ratio_(\d+)": (
        (ANY, "a {name} of {b}"),
        (ANY, "volume at {v} its {n}-day average"),
        (ANY, "a {n}-day {name} of {b}"),
        ("heavy", "heavy volume at {v} its {n}-day average"),
        ("light", "light volume at {v} its {n}-day average"),
        ("usual", "usual volume at {v} its {n}-day average"),
    ),
    r"volume_trend_(\d+)_\d+": ((ANY, "a {name} of {b}"), (ANY, "the {name} at {v}")),
    r"average_distance_(\d+)": (
        (ANY, "the {name} of {v}"),
        (POSITIVE, "a close {a} above its {n}-day average"),
        (POSITIVE, "the close being {a} above the {n}-day average"),
        (NEGATIVE, "a close {a} below its {n}-day average"),
        (NEGATIVE, "the close being {a} below the {n}-day average"),
    ),
    r"high_distance_(\d+)": (
        (ANY, "the {name} of {v}"),
        (NEGATIVE, "a close {a} below its {n}-day high"),
        (NEGATIVE, "the close being {a} below the {n}-day high"),
    ),
    r"low_distance_(\d+)": (
        (ANY, "the {name} of {v}"),
        (POSITIVE, "a close {a} above its {n}-day low"),
        (POSITIVE, "the close being {a} above the {n}-day low"),
    ),
    r"drawdown_(\d+)": (
        (ANY, "a {name} of {v}"),
        (ANY, "the {name} of {v}"),
        (ANY, "a drawdown from the {n}-day high of {v}"),
    ),
    r"surprise_(\d+)": ((ANY, "a {name} of {v}"), (ANY, "the {name} at {v}")),
    r"season_day": ((ANY, "the {name} at {v}"),),
    r"season_days": ((ANY, "the {name} at {v}"),),
    r"season_week": ((ANY, "the {name} at {v}"),),
    r"days_since_bar": (
        (ANY, "the days since the previous bar at {b}"),
        (ANY, "the number of days since the previous bar ({b})"),
    ),
    r"position": (
        ("flat", "the flat position"),
        (POSITIVE, "the long position of {v}"),
        (POSITIVE, "the position of {v}"),
        (NEGATIVE, "the short position of {v}"),
    ),
    r"target": ((ANY, "a target position of {v}"), (ANY, "the target position of {v}")),
    r"unrealised_return": ((ANY, "the {name} of {v}"), (ANY, "an {name} of {v}"), (POSITIVE, "an open profit of {v}")),
    r"bars_held": ((ANY, "a holding period of {v}"), (ANY, "the holding period of {v}")),
    r"account_drawdown": ((ANY, "an {name} of {v}"), (ANY, "a drawdown of the account of {v}")),
}
"""By the pattern of a family; one that is missing here is named by its label."""

UNNUMBERED = (r"weekday", r"month")
"""Families whose number tells a reader nothing: they are named without it."""


@cache
def window_of(key: str) -> int:
    """The window of a quantity, in bars."""
    return quantity(key).window


def named(key: str) -> str:
    """A quantity's label as a noun phrase."""
    label = quantity(key).label
    return label if quantity(key).family.label[:3] in ("RSI", "ATR") else f"the {label}"


def mention(snapshot: Snapshot, key: str, choices: Choices, derived: float) -> str:
    """One reading as a noun phrase with its number; its bare name where the snapshot holds no number for it.

    Args:
        snapshot: The facts.
        key: The quantity.
        choices: Draws the wording.
        derived: Probability of a wording that derives a further number, where there is one.
    """
    value = snapshot.readings.get(key)
    if value is None or quantity(key).family.pattern in UNNUMBERED:
        return named(key)
    if choices.chance(derived):
        found = derived_phrases(snapshot, key)
        if found:
            return choices.one(found)
    decimals = coarser(key, value) if choices.chance(0.35) else quantity(key).places(value)
    return choices.one(_templates(snapshot, key, value)).format(
        v=written(value, decimals, quantity(key).unit),
        a=written(abs(value), decimals, quantity(key).unit),
        b=written(value, decimals, "score"),
        n=window_of(key),
        name=quantity(key).label,
    )


def _templates(snapshot: Snapshot, key: str, value: float) -> list[str]:
    pattern = quantity(key).family.pattern
    state = STATE_OF.get(pattern, "")
    word = snapshot.states.get(state)
    fitting = {ANY, POSITIVE if value > 0.0 else NEGATIVE if value < 0.0 else ANY}
    if word is not None and states_of({key: value}).get(state) == word:
        fitting.add(word)
    texts = [text for when, text in PHRASES.get(pattern, ((ANY, "the {name} of {v}"),)) if when in fitting]
    return [text for text in texts if window_of(key) != 1 or "{n} days" not in text]
