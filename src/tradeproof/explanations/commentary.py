"""Commentary: reference texts about the universe on a date, from readings of all tickers and of a few of them."""

from collections.abc import Mapping

import numpy as np

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.numbers import displayed
from tradeproof.explanations.orders import ORDERED, TOLD
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.sentences import GERUND, THIRD, listed, sentence
from tradeproof.explanations.setting import TRENDS

MOST_MEMBERS = 3
"""Tickers that one commentary speaks of, at most."""
SHOWN_OF_MEMBERS = (r"return_(\d+)", r"rsi_(\d+)", r"volatility_level")
"""Families of readings that it tells of them; a summary in the fact sheet shows them too."""


def write_commentary(facts: Facts, generator: np.random.Generator) -> str:
    """A text about the market on the date of the focus; every claim in it holds.

    Args:
        facts: With readings of the universe, if there are any, and the snapshots of a few tickers.
        generator: Draws structure and wording.
    """
    choices = Choices(generator)
    parts = [
        choices.shuffled((_medians(facts, choices), _trends(facts, choices))),
        [_momentum(facts, choices)],
        [members(facts, choices)],
        [_decisions(facts, choices)],
    ]
    if choices.chance(0.5):
        parts[1:3] = [parts[2], parts[1]]
    texts = [text for part in parts for text in part]
    return " ".join(text for text in (_breadth(facts, choices), *texts, balance(facts, choices)) if text)


def _breadth(facts: Facts, choices: Choices) -> str:
    date, shown = facts.focus.date, numbers_of(facts.universe)
    size, rising, falling = (shown.get(f"universe_{name}") for name in ("size", "rising", "falling"))
    if size is None or rising is None or falling is None:
        return f"This is the state of the tickers shown at the close of {date}."
    risen, fallen = _count(rising, "ticker"), _count(falling, "ticker")
    first = f"Of the {size} tickers in the universe, {rising} rose and {falling} fell on {date}."
    if "0" in (rising, falling):
        return first
    texts = [
        first,
        f"In a universe of {size} tickers, {risen} rose and {fallen} fell on {date}.",
        f"At the close of {date} the universe of {size} tickers counted {_count(rising, 'rising ticker')} and "
        f"{_count(falling, 'falling ticker')}.",
    ]
    up, down = facts.universe["universe_rising"], facts.universe["universe_falling"]
    if up != down:
        more, fewer = ("rising", "falling") if up > down else ("falling", "rising")
        texts.append(
            f"On {date}, there were more {more} tickers than {fewer} tickers: {rising} rose and {falling} fell, out of "
            f"{size} tickers in the universe."
        )
    return choices.one(texts)


def _medians(facts: Facts, choices: Choices) -> str:
    """Returns over several timeframes."""
    keys = [key for key in facts.universe if key.startswith("universe_return_")]
    if not keys:
        return ""
    keys.sort(key=lambda key: quantity(key).window)
    chosen = keys if choices.chance(0.5) else [keys[0], keys[-1]] if len(keys) > 1 else keys
    first, *others = (f"the {quantity(key).label}{{}} {displayed(key, facts.universe[key])}" for key in chosen)
    verb = choices.one((" was", " came to", " stood at"))
    return sentence(listed([first.format(verb), *(other.format("") for other in others)]))


def _trends(facts: Facts, choices: Choices) -> str:
    shown = numbers_of(facts.universe)
    up, down = shown.get("universe_trend_up"), shown.get("universe_trend_down")
    if up is None or down is None:
        return ""
    rising, falling = _count(up, "ticker"), _count(down, "ticker")
    return choices.one(
        (
            f"The universe counted {rising} in an uptrend and {falling} in a downtrend.",
            f"By trend, the universe counted {rising} in an uptrend against {falling} in a downtrend.",
            f"The count of tickers in an uptrend was {up}, the count of tickers in a downtrend {down}.",
        )
    )


def _momentum(facts: Facts, choices: Choices) -> str:
    """RSI and volatility of the universe."""
    shown = numbers_of(facts.universe)
    texts = []
    if "universe_rsi" in shown:
        texts.append(f"the median RSI stood at {shown['universe_rsi']}")
    if "universe_volatility" in shown:
        texts.append(f"the median annualised volatility was {shown['universe_volatility']}")
    extremes = ""
    if "universe_overbought" in shown and "universe_oversold" in shown:
        high, low = (_count(shown[f"universe_{name}"], f"{name} ticker") for name in ("overbought", "oversold"))
        extremes = choices.one(
            (f"The extremes by RSI: {high} and {low}.", f"By RSI, the universe counted {high} and {low}.")
        )
    first = sentence(listed(choices.shuffled(texts))) if texts else ""
    return " ".join(text for text in (first, extremes) if text)


def members(facts: Facts, choices: Choices) -> str:
    """A few tickers, each with its numbers and with what the policy did."""
    chosen = [snapshot for snapshot in facts.snapshots if snapshot.date == facts.focus.date]
    if len(chosen) > MOST_MEMBERS:
        chosen = choices.shuffled(chosen)[: MOST_MEMBERS - choices.chance(0.5)]
    return " ".join(_member(snapshot, facts.universe, choices) for snapshot in chosen)


def _member(snapshot: Snapshot, universe: Mapping[str, float], choices: Choices) -> str:
    ticker, readings = snapshot.ticker, snapshot.readings
    keys = choices.shuffled([key for key in readings if quantity(key).family.pattern in SHOWN_OF_MEMBERS])[:2]
    numbers = [f"{_article(key)}{quantity(key).label} of {displayed(key, readings[key])}" for key in keys]
    policy = _policy(snapshot, choices)
    trend = snapshot.states.get("trend")
    if trend is not None and choices.chance(0.5):
        first = f"{ticker} is in {TRENDS[trend]}"
        text = f"{first}, with {listed(numbers)}" if numbers else first
        return f"{text}; {policy}."
    if not numbers:
        return sentence(f"in {ticker}, {policy}")
    texts = [
        f"{ticker} shows {listed(numbers)}, and {policy}.",
        f"In {ticker}, with {listed(numbers)}, {policy}.",
        f"For {ticker}, with {listed(numbers)}, the policy's decision is to {snapshot.action}.",
    ]
    for key in keys:
        middle = universe.get(f"universe_{key}")
        if middle is not None and middle != readings[key]:
            side = "above" if readings[key] > middle else "below"
            label = quantity(f"universe_{key}").label
            texts.append(
                f"The {quantity(key).label} of {ticker}, {displayed(key, readings[key])}, is {side} the {label} of "
                f"{displayed(key, middle)}; {policy}."
            )
    return choices.one(texts)


def _policy(snapshot: Snapshot, choices: Choices) -> str:
    """What the policy did in a ticker, as a clause."""
    order = choices.one(TOLD[snapshot.order])
    if snapshot.order in ORDERED:
        return choices.one((f"the policy {THIRD[snapshot.action]}", f"the policy {THIRD[snapshot.action]} and {order}"))
    if snapshot.action == "hold":
        return choices.one(("the policy holds", f"the policy holds and {order}"))
    return f"the policy's decision is to {snapshot.action}, and it {order}"


def _article(key: str) -> str:
    return "an " if quantity(key).label[:1] in "aeiouR" else "a "


def _decisions(facts: Facts, choices: Choices) -> str:
    shown = numbers_of(facts.universe)
    known = [(name, shown[f"universe_{name}"]) for name in GERUND if shown.get(f"universe_{name}", "0") != "0"]
    if not known:
        return ""
    counts = [_count(number, f"{name} decision") for name, number in choices.shuffled(known)]
    return choices.one(
        (
            f"Across the universe the policy made {listed(counts)}.",
            f"The policy's decisions add up to {listed(counts)}.",
            f"In all, the policy gave {listed(counts)}.",
        )
    )


def balance(facts: Facts, choices: Choices) -> str:
    """What stands on the other side, and that nothing follows for the days to come."""
    up, down = (facts.universe.get(f"universe_trend_{side}") for side in ("up", "down"))
    texts = [
        "These facts describe the date; they are no forecast.",
        "This is a description of one close and no forecast.",
        "The picture is that of one close and no forecast.",
    ]
    if up is not None and down is not None and up != down:
        more, fewer = ("an uptrend", "a downtrend") if up > down else ("a downtrend", "an uptrend")
        texts.append(
            f"There are more tickers in {more} than tickers in {fewer}, which is a description and no forecast."
        )
    return choices.one(texts)


def numbers_of(universe: Mapping[str, float]) -> dict[str, str]:
    """Readings of the universe as written."""
    return {key: displayed(key, value) for key, value in universe.items()}


def _count(number: str, name: str) -> str:
    """A count with its noun."""
    words = f"{number} {name}" if number == "1" else f"{number} {name}s"
    return f"no {name}s" if number == "0" else words
