"""Analysis: what the indicators of a snapshot show, alone and beside an earlier date, as answers."""

from collections.abc import Callable, Mapping

from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.numbers import displayed
from tradeproof.explanations.phrases import mention, named
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.sentences import listed, sentence
from tradeproof.explanations.setting import TRENDS, setting

Reply = Callable[[Facts, Choices], str]

DIRECTED = (
    r"average_distance_(\d+)",
    r"return_(\d+)",
    r"macd_histogram_\d+_\d+_\d+",
    r"macd_\d+_\d+",
    r"bollinger_position_(\d+)",
)
"""Families whose sign tells up from down."""

COMPARED = (
    r"close",
    r"rsi_(\d+)",
    r"volatility_level",
    r"drawdown_(\d+)",
    r"return_(\d+)",
    r"macd_histogram_\d+_\d+_\d+",
)
"""Families that a comparison of two dates speaks of."""

MOST_POINTS = 3
MONTH = 20
"""Bars."""


def moment_of(facts: Facts, word: str) -> Snapshot | None:
    """The earlier snapshot of the focus's ticker that a word stands for."""
    date = facts.moments.get(word)
    return None if date is None else facts.of(facts.focus.ticker, date)


def missing(what: str, choices: Choices) -> str:
    """That the facts hold nothing on a matter."""
    return choices.one((f"The facts say nothing of {what}.", f"The facts hold nothing on {what}."))


def context(facts: Facts, word: str, choices: Choices) -> str:
    """The present beside an earlier date; beside 20 days ago where the facts hold none."""
    focus, earlier = facts.focus, moment_of(facts, word)
    if earlier is None:
        return _context_alone(focus, choices)
    keys = [key for key in _keys(focus, *COMPARED) if key in earlier.readings]
    if not keys:
        return missing("readings of both dates", choices)
    chosen = choices.shuffled(keys)[:MOST_POINTS]
    parts = [_compared(focus, earlier, word, key, choices) for key in chosen]
    now, then = focus.states.get("trend"), earlier.states.get("trend")
    if now is not None and then is not None:
        parts.append(_unchanged("The trend is", now, then, word))
    if choices.chance(0.5):
        parts.append(_unchanged("The policy's decision is to", focus.action, earlier.action, word))
    head = choices.one(
        (f"This compares {focus.date} with {earlier.date}.", f"Here is {focus.date} beside {earlier.date}.")
    )
    return " ".join((head, *parts))


def _unchanged(subject: str, now: str, then: str, word: str) -> str:
    """A word of the present beside that of an earlier date."""
    if now == then:
        return f"{subject} {now}, as it was {word}."
    return f"{subject} {now}; {word} it was {'to ' if subject.endswith(' to') else ''}{then}."


def _compared(focus: Snapshot, earlier: Snapshot, word: str, key: str, choices: Choices) -> str:
    now, then = (displayed(key, snapshot.readings[key]) for snapshot in (focus, earlier))
    name = sentence(named(key)).rstrip(".")
    if now == then:
        return f"{name} is {now}, the same as {word}."
    side = "higher" if focus.readings[key] > earlier.readings[key] else "lower"
    return choices.one(
        (
            f"{name} is {now}; {word} it was {then}.",
            f"{name} is {now}, against {then} {word}.",
            f"{name} went from {then} {word} to {now}.",
            f"{name} is {now} and {side} than {word}.",
        )
    )


def _context_alone(focus: Snapshot, choices: Choices) -> str:
    returns = _keys(focus, r"return_(\d+)")
    key = min(returns, key=lambda key: abs(quantity(key).window - MONTH), default=None)
    if key is None or quantity(key).window == 1:
        return missing("earlier dates", choices)
    move, window = displayed(key, focus.readings[key]), quantity(key).window
    text = choices.one(
        (
            f"The facts hold no earlier date of {focus.ticker}, but its {window}-day return is {move}.",
            f"The {window}-day return of {focus.ticker} is {move}. The facts hold no earlier date to compare with.",
        )
    )
    close = focus.readings.get("close")
    return text if close is None else f"{text} The close of {focus.date} is {displayed('close', close)}."


def _keys(snapshot: Snapshot, *patterns: str) -> list[str]:
    return [key for key in snapshot.readings if quantity(key).family.pattern in patterns]


def _pointing(sign: float, facts: Facts, choices: Choices) -> str:
    """The indicators that point up, or down, and what points the other way."""
    focus = facts.focus
    keys = _keys(focus, *DIRECTED)
    with_it = [key for key in keys if focus.readings[key] * sign > 0.0]
    other = [key for key in keys if focus.readings[key] * sign < 0.0]
    side, contrary = ("strength", "weakness") if sign > 0.0 else ("weakness", "strength")
    parts = []
    if with_it:
        phrases = [mention(focus, key, choices, 0.3) for key in choices.shuffled(with_it)[:MOST_POINTS]]
        parts.append(
            choices.one(
                (
                    f"Signs of {side} at the close of {focus.date}: {listed(phrases)}.",
                    f"Signs of {side} in {focus.ticker} on {focus.date}: {listed(phrases)}.",
                )
            )
        )
    else:
        parts.append(f"Among the indicators in the facts, none is a sign of {side} for {focus.ticker} on {focus.date}.")
    if other:
        phrase = mention(focus, choices.one(other), choices, 0.0)
        parts.append(choices.one((f"A sign of {contrary}: {phrase}.", f"On the other side stands {phrase}.")))
    if "trend" in focus.states:
        parts.append(f"{focus.ticker} is in {TRENDS[focus.states['trend']]}.")
    return " ".join(parts)


def _momentum(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"rsi_(\d+)", r"macd_histogram_\d+_\d+_\d+", r"bollinger_position_(\d+)", r"macd_\d+_\d+")
    if not keys:
        return missing("oscillators such as RSI or MACD", choices)
    phrases = [mention(focus, key, choices, 0.5 if key.startswith("rsi") else 0.0) for key in keys[:MOST_POINTS]]
    text = choices.one(
        (
            f"At the close of {focus.date}, {focus.ticker} shows {listed(phrases)}.",
            f"The facts of {focus.date} give {listed(phrases)}.",
        )
    )
    word = focus.states.get("rsi")
    if word is None:
        return text
    return f"{text} {choices.one((f'The RSI is {word}.', f'By that, the RSI is {word}.'))}"


def _strength(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"rsi_(\d+)")
    if not keys:
        return missing("the RSI", choices)
    text = f"At the close of {focus.date}, {focus.ticker} shows {mention(focus, keys[0], choices, 0.6)}."
    word = focus.states.get("rsi")
    return text if word is None else f"{text} {choices.one(('By that, the RSI is', 'The RSI is'))} {word}."


def _averages(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"average_distance_(\d+)")
    if not keys:
        return (
            missing("the distance to moving averages", choices)
            if "trend" not in focus.states
            else setting(focus, choices)
        )
    phrases = [mention(focus, key, choices, 0.5) for key in keys[:MOST_POINTS]]
    text = f"The facts of {focus.date} show {listed(phrases)}."
    return f"{text} {focus.ticker} is in {TRENDS[focus.states['trend']]}." if "trend" in focus.states else text


def _volatility(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"volatility_level", r"volatility_regime_(\d+)", r"atr_percent_(\d+)", r"drawdown_(\d+)")
    if not keys:
        return missing("volatility", choices)
    phrases = [mention(focus, key, choices, 0.0) for key in keys[:MOST_POINTS]]
    text = choices.one(
        (
            f"At the close of {focus.date}, {focus.ticker} shows {listed(phrases)}.",
            f"The facts give {listed(phrases)}.",
        )
    )
    word = focus.states.get("volatility")
    return text if word is None else f"{text} The volatility regime is {word}."


TECHNICAL: Mapping[str, Reply] = {
    "up": lambda facts, choices: _pointing(1.0, facts, choices),
    "down": lambda facts, choices: _pointing(-1.0, facts, choices),
    "momentum": _momentum,
    "rsi": _strength,
    "averages": _averages,
    "volatility": _volatility,
}
"""Answers about indicators, by topic."""
