"""Replies: answers to questions, from the facts alone; what the facts do not hold is said to be missing."""

from collections.abc import Callable, Mapping

from tradeproof.explanations import questions, sentences
from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Facts, Snapshot
from tradeproof.explanations.numbers import displayed, signed, written
from tradeproof.explanations.phrases import mention, named
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.risk import risk
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
COMPARED = ("close", "rsi_14", "volatility_level", "drawdown_250", "return_20", "macd_histogram_12_26_9")
"""Readings that a comparison of two dates speaks of."""
MOST_POINTS = 3
TRAINED_ON = "that includes days the policy was trained on"


def moment_of(facts: Facts, word: str) -> Snapshot | None:
    """The earlier snapshot of the focus's ticker that a word stands for."""
    date = facts.moments.get(word)
    return None if date is None else facts.of(facts.focus.ticker, date)


def _keys(snapshot: Snapshot, *patterns: str) -> list[str]:
    return [key for key in snapshot.readings if quantity(key).family.pattern in patterns]


def _pointing(sign: float, facts: Facts, choices: Choices) -> str:
    """The indicators that point up, or down, and what points the other way."""
    focus = facts.focus
    keys = _keys(focus, *DIRECTED)
    with_it = [key for key in keys if focus.readings[key] * sign > 0.0]
    other = [key for key in keys if focus.readings[key] * sign < 0.0]
    up, down = ("up", "down") if sign > 0.0 else ("down", "up")
    parts = []
    if with_it:
        phrases = [mention(focus, key, choices, 0.3) for key in choices.shuffled(with_it)[:MOST_POINTS]]
        parts.append(
            choices.one(
                (
                    f"Pointing {up} at the close of {focus.date}: {sentences.listed(phrases)}.",
                    f"For {focus.ticker} on {focus.date}, what points {up} is {sentences.listed(phrases)}.",
                )
            )
        )
    else:
        parts.append(f"Among the indicators in the facts, none points {up} for {focus.ticker} on {focus.date}.")
    if other:
        phrase = mention(focus, choices.one(other), choices, 0.0)
        parts.append(choices.one((f"Pointing {down}: {phrase}.", f"On the other side stands {phrase}.")))
    if "trend" in focus.states:
        parts.append(f"The trend of {focus.ticker} is {_trend_word(focus)}.")
    return " ".join(parts)


def _trend_word(snapshot: Snapshot) -> str:
    return snapshot.states["trend"]


def _momentum(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"rsi_(\d+)", r"macd_histogram_\d+_\d+_\d+", r"bollinger_position_(\d+)", r"macd_\d+_\d+")
    if not keys:
        return _missing("oscillators such as RSI or MACD", choices)
    phrases = [mention(focus, key, choices, 0.5 if key.startswith("rsi") else 0.0) for key in keys[:MOST_POINTS]]
    text = choices.one(
        (
            f"At the close of {focus.date}, {focus.ticker} shows {sentences.listed(phrases)}.",
            f"The facts of {focus.date} give {sentences.listed(phrases)}.",
        )
    )
    word = focus.states.get("rsi")
    if word is None:
        return text
    return f"{text} {choices.one((f'The RSI is {word}.', f'By its RSI, {focus.ticker} is {word}.'))}"


def _averages(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"average_distance_(\d+)")
    if not keys:
        return (
            _missing("the distance to moving averages", choices)
            if "trend" not in focus.states
            else setting(focus, choices)
        )
    phrases = [mention(focus, key, choices, 0.5) for key in keys[:MOST_POINTS]]
    text = f"The facts of {focus.date} show {sentences.listed(phrases)}."
    return f"{text} {focus.ticker} is in {TRENDS[focus.states['trend']]}." if "trend" in focus.states else text


def _volatility(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    keys = _keys(focus, r"volatility_level", r"volatility_regime_(\d+)", r"atr_percent_(\d+)", r"drawdown_(\d+)")
    if not keys:
        return _missing("volatility", choices)
    phrases = [mention(focus, key, choices, 0.0) for key in keys[:MOST_POINTS]]
    text = choices.one(
        (
            f"At the close of {focus.date}, {focus.ticker} shows {sentences.listed(phrases)}.",
            f"The facts give {sentences.listed(phrases)}.",
        )
    )
    word = focus.states.get("volatility")
    return text if word is None else f"{text} The volatility regime is {word}."


TECHNICAL: Mapping[str, Reply] = {
    "up": lambda facts, choices: _pointing(1.0, facts, choices),
    "down": lambda facts, choices: _pointing(-1.0, facts, choices),
    "momentum": _momentum,
    "averages": _averages,
    "volatility": _volatility,
}
"""Answers about indicators, by topic."""


def reasons(facts: Facts, choices: Choices) -> str:
    """Why the policy acted as it did."""
    focus = facts.focus
    parts = [sentences.opening(focus, choices), sentences.support(focus, MOST_POINTS, choices)]
    if choices.chance(0.7):
        parts.append(sentences.counter(focus, choices))
    return " ".join(parts)


def _against(facts: Facts, choices: Choices) -> str:
    text = sentences.counter(facts.focus, choices)
    if not choices.chance(0.6):
        return text
    return f"{text} {choices.one(('Still, ', 'Even so, '))}{sentences.action_clause(facts.focus, choices)}."


def _change(facts: Facts, choices: Choices) -> str:
    parts = [sentences.counterfactual(facts.focus, choices)]
    if choices.chance(0.6):
        parts.append(sentences.probability_note(facts.focus, choices))
    return " ".join(part for part in parts if part)


def _account(facts: Facts, choices: Choices) -> str:
    parts = [sentences.opening(facts.focus, choices), sentences.account_note(facts.focus, choices)]
    return " ".join(part for part in parts if part)


def _confidence(facts: Facts, choices: Choices) -> str:
    text = sentences.probability_note(facts.focus, choices)
    return text or _missing("probabilities of the actions", choices)


SIGNAL: Mapping[str, Reply] = {
    "reasons": reasons,
    "against": _against,
    "change": _change,
    "account": _account,
    "confidence": _confidence,
}
"""Answers about the decision of the focus, by topic."""


def earlier_signal(earlier: Snapshot, word: str, asked: str, choices: Choices) -> str:
    """Why the policy acted as it did on an earlier date; that it did not where the question is mistaken.

    Args:
        earlier: The snapshot of that date.
        word: What the date is called.
        asked: The action that the question takes for granted.
        choices: Draws the wording.
    """
    date, ticker, action = earlier.date, earlier.ticker, earlier.action
    day = choices.one((f"{word}, on {date}", f"on {date}", f"{word} ({date})"))
    decision = f"{day}, the policy's decision for {ticker} was to {action}"
    if asked != action:
        decision = f"there was no {asked} signal on {date}; {decision}"
    phrases = [mention(earlier, found.key, choices, 0.3) for found in sentences.supporting(earlier, MOST_POINTS)]
    if phrases:
        decision += choices.one((", driven by ", ", supported by ", ", backed by ")) + sentences.listed(phrases)
    opponent = sentences.opposing(earlier)
    if opponent is not None:
        decision += f"; against it spoke {mention(earlier, opponent.key, choices, 0.0)}"
    return sentences.sentence(decision)


def context(facts: Facts, word: str, choices: Choices) -> str:
    """The present beside an earlier date; beside 20 days ago where the facts hold none."""
    focus, earlier = facts.focus, moment_of(facts, word)
    if earlier is None:
        return _context_alone(focus, choices)
    keys = [key for key in COMPARED if key in focus.readings and key in earlier.readings]
    if not keys:
        return _missing("readings of both dates", choices)
    chosen = choices.shuffled(keys)[:MOST_POINTS]
    parts = [_compared(focus, earlier, word, key, choices) for key in chosen]
    now, then = focus.states.get("trend"), earlier.states.get("trend")
    if now is not None and then is not None:
        parts.append(f"The trend is {now}; {word} it was {then}.")
    if choices.chance(0.5):
        parts.append(f"The policy's decision is to {focus.action}; {word} it was to {earlier.action}.")
    head = choices.one(
        (f"This compares {focus.date} with {earlier.date}.", f"The two dates are {focus.date} and {earlier.date}.")
    )
    return " ".join((head, *parts))


def _compared(focus: Snapshot, earlier: Snapshot, word: str, key: str, choices: Choices) -> str:
    now, then = (displayed(key, snapshot.readings[key]) for snapshot in (focus, earlier))
    name = sentences.sentence(named(key)).rstrip(".")
    if now == then:
        return f"{name} is {now}, the same as {word}."
    side = "higher" if focus.readings[key] > earlier.readings[key] else "lower"
    return choices.one(
        (
            f"{name} is {now}; {word} it was {then}.",
            f"{name} is {now}, {side} than {word}, when it was {then}.",
            f"At {now}, {named(key)} is {side} than {word}, when it was {then}.",
        )
    )


def _context_alone(focus: Snapshot, choices: Choices) -> str:
    key = next(iter(key for key in ("return_20", "return_60", "return_5") if key in focus.readings), None)
    if key is None:
        return _missing("earlier dates", choices)
    move, window = displayed(key, focus.readings[key]), quantity(key).window
    text = choices.one(
        (
            f"The facts hold no earlier date of {focus.ticker}, but its {window}-day return is {move}.",
            f"Compared with {window} days ago, the return over {window} days is {move}.",
        )
    )
    close = focus.readings.get("close")
    return text if close is None else f"{text} The close of {focus.date} is {displayed('close', close)}."


def strategy(facts: Facts, trend: str, choices: Choices) -> str:
    """What the account did so far in such a market, or what limits its risk."""
    if trend == "risk":
        return risk(facts.focus, choices) or _missing("stops or volatility", choices)
    readings = facts.focus.readings
    days, own, market = (readings.get(f"record_{name}_{trend}") for name in ("bars", "return", "market"))
    place = TRENDS[trend]
    if days is None or own is None or market is None:
        return _missing(f"how the account did in {place}", choices)
    over, gain = displayed("record_bars_up", days), displayed("record_return_up", own)
    other = displayed("record_market_up", market)
    text = choices.one(
        (
            f"So far, over {over} days in {place}, the account returned {gain} while the market returned {other}; "
            f"{TRAINED_ON}.",
            f"The facts tell only what happened so far: over {over} days in {place}, the account returned {gain} and "
            f"the market {other}; {TRAINED_ON}.",
        )
    )
    caution = choices.one((" It is no forecast.", " That is a record and no forecast.", ""))
    return f"{text}{caution}"


def unknowable(facts: Facts, choices: Choices) -> tuple[str, str]:
    """A question that the facts hold no answer to, and a reply that says so."""
    topic = choices.one(tuple(questions.UNKNOWABLE))
    question = choices.one(questions.UNKNOWABLE[topic]).format(ticker=facts.focus.ticker)
    return question, refusal(facts, topic, choices)


_NOT_HELD: Mapping[str, tuple[str, ...]] = {
    "future": (
        "The facts say nothing of what comes after {date}.",
        "The facts end at the close of {date}; they give no forecast.",
    ),
    "other": (
        "The facts say nothing of other tickers than {tickers}.",
        "The facts say nothing of that; they cover {tickers} only.",
    ),
    "news": ("The facts say nothing of news.", "The facts hold no news; they hold prices, indicators and decisions."),
    "advice": (
        "The facts say nothing of what suits a reader, and this is no advice.",
        "The facts cannot answer that, and this is no advice.",
    ),
}


def refusal(facts: Facts, topic: str, choices: Choices) -> str:
    """That the facts hold no answer, and what they do hold."""
    names = sentences.listed(list(dict.fromkeys(snapshot.ticker for snapshot in facts.snapshots)))
    text = choices.one(_NOT_HELD[topic]).format(date=facts.focus.date, tickers=names)
    if choices.chance(0.5):
        return text
    return f"{text} What they do tell: on {facts.focus.date}, {sentences.action_clause(facts.focus, choices)}."


def _missing(what: str, choices: Choices) -> str:
    return choices.one((f"The facts say nothing of {what}.", f"The facts hold nothing on {what}."))


def _first(facts: Facts, choices: Choices) -> str:
    """The weightiest reason, its number and its attribution."""
    found = sentences.supporting(facts.focus, 1)
    if not found:
        return "None of the drivers in the facts spoke for the decision."
    phrase = mention(facts.focus, found[0].key, choices, 0.0)
    share = signed(found[0].attribution, 2, "score")
    return choices.one(
        (
            f"The main reason was {phrase}; its attribution is {share} in log-odds.",
            f"The strongest support came from {phrase}, with an attribution of {share} in log-odds.",
        )
    )


def _risk(facts: Facts, choices: Choices) -> str:
    return risk(facts.focus, choices) or _missing("stops or volatility", choices)


def _trend(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    if "trend" not in focus.states:
        return _missing("the trend", choices)
    text = f"{focus.ticker} is in {TRENDS[focus.states['trend']]}"
    share = focus.readings.get("target")
    if share is None:
        return f"{text}."
    return f"{text}, and the target position after that decision is {written(share, 1, 'percent')}."


FOLLOW_UP: Mapping[str, Reply] = {
    "against": _against,
    "change": _change,
    "first": _first,
    "risk": _risk,
    "trend": _trend,
    "other_trend": lambda facts, choices: strategy(facts, "up", choices),
    "tomorrow": lambda facts, choices: refusal(facts, choices.one(("future", "advice")), choices),
}
"""Answers to questions that lean on what was said before."""
