"""Replies: answers about a decision, its risk and its record; what the facts do not hold is said to be missing."""

from collections.abc import Mapping

from tradeproof.explanations import decision, questions, reasons
from tradeproof.explanations.analysis import MOST_POINTS, Reply, missing
from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Driver, Facts, Snapshot
from tradeproof.explanations.numbers import displayed, signed, written
from tradeproof.explanations.phrases import mention, named
from tradeproof.explanations.risk import risk, stop
from tradeproof.explanations.sentences import listed, lowered, sentence
from tradeproof.explanations.setting import TRENDS

TRAINED_ON = "the facts do not tell which of these days the policy was trained on"


def why(facts: Facts, choices: Choices) -> str:
    """Why the policy acted as it did."""
    focus = facts.focus
    parts = [decision.opening(focus, choices), reasons.support(focus, MOST_POINTS, choices)]
    if choices.chance(0.7):
        parts.append(reasons.counter(focus, choices))
    return " ".join(parts)


def _against(facts: Facts, choices: Choices) -> str:
    text = reasons.counter(facts.focus, choices)
    if not choices.chance(0.6):
        return text
    return f"{text} {choices.one(('Still, ', 'Even so, '))}{decision.action_clause(facts.focus, choices)}."


def _change(facts: Facts, choices: Choices) -> str:
    parts = [reasons.counterfactual(facts.focus, choices)]
    if choices.chance(0.6):
        parts.append(decision.probability_note(facts.focus, choices))
    return " ".join(part for part in parts if part)


def _account(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    parts = [sentence(f"on {focus.date}, {decision.action_clause(focus, choices)}")]
    parts += [decision.order_note(focus, choices), decision.holding_note(focus, choices)]
    return " ".join(part for part in parts if part)


def _confidence(facts: Facts, choices: Choices) -> str:
    text = decision.probability_note(facts.focus, choices)
    return text or missing("probabilities of the actions", choices)


SIGNAL: Mapping[str, Reply] = {
    "reasons": why,
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
    if asked != action:
        day = f"there was no {asked} signal {word}; on {date}"
    text = f"{day}, the policy's decision for {ticker} was to {action}"
    phrases = [_told(earlier, found, choices) for found in reasons.supporting(earlier, MOST_POINTS)]
    if phrases:
        text += choices.one((", driven by ", ", supported by ", ", backed by ")) + listed(phrases)
    opponent = reasons.opposing(earlier)
    if opponent is not None:
        return f"{sentence(text)} Against it on {date} spoke {_told(earlier, opponent, choices)}."
    return sentence(text)


def _told(earlier: Snapshot, driver: Driver, choices: Choices) -> str:
    """A driver of an earlier date; a ratio by its name, since "1.3 times its average" reads as one of the present."""
    phrase = mention(earlier, driver.key, choices, 0.3)
    if " times its " not in phrase:
        return phrase
    return f"{named(driver.key)} at {displayed(driver.key, earlier.readings[driver.key])}"


def strategy(facts: Facts, trend: str, choices: Choices) -> str:
    """What the account did so far in such a market, or what limits its risk."""
    if trend == "risk":
        return _risk(facts, choices)
    if trend == "stop":
        return _stop(facts, choices)
    readings = facts.focus.readings
    days, own, market = (readings.get(f"record_{name}_{trend}") for name in ("bars", "return", "market"))
    place = TRENDS[trend]
    if days is None or own is None or market is None:
        return missing(f"how the account did in {place}", choices)
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


def _stop(facts: Facts, choices: Choices) -> str:
    return stop(facts.focus, choices) or missing("a stop", choices)


def _risk(facts: Facts, choices: Choices) -> str:
    return risk(facts.focus, choices) or missing("stops or volatility", choices)


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
    "news": ("The facts say nothing of news.", "The facts hold no news; they cover prices, indicators and decisions."),
    "advice": (
        "The facts say nothing of what suits a reader, and this is no advice.",
        "The facts cannot answer that, and this is no advice.",
    ),
}


def refusal(facts: Facts, topic: str, choices: Choices) -> str:
    """That the facts hold no answer, and what they do hold."""
    names = listed(list(dict.fromkeys(snapshot.ticker for snapshot in facts.snapshots)))
    text = choices.one(_NOT_HELD[topic]).format(date=facts.focus.date, tickers=names)
    if choices.chance(0.5):
        return text
    return f"{text} What they do tell: on {facts.focus.date}, {decision.action_clause(facts.focus, choices)}."


def _first(facts: Facts, choices: Choices) -> str:
    """The weightiest reason, its number and its attribution."""
    found = reasons.supporting(facts.focus, 1)
    if not found:
        return "None of the drivers in the facts spoke for the decision."
    phrase = mention(facts.focus, found[0].key, choices, 0.0)
    share = signed(found[0].attribution, 2, "score")
    return choices.one(
        (
            f"The main reason was {phrase}, with an attribution of {share} in log-odds.",
            f"The strongest support came from {phrase}, with an attribution of {share} in log-odds.",
        )
    )


def _trend(facts: Facts, choices: Choices) -> str:
    focus = facts.focus
    if "trend" not in focus.states:
        return missing("the trend", choices)
    text = f"{focus.ticker} is in {TRENDS[focus.states['trend']]}"
    share = focus.readings.get("target")
    if share is None:
        return f"{text}."
    return f"{text}, and the target position after that decision is {written(share, 1, 'percent')}."


def _beyond(facts: Facts, choices: Choices) -> str:
    return refusal(facts, choices.one(("future", "advice")), choices)


def _resumed(reply: Reply) -> Reply:
    """A reply that takes up what was said before."""

    def resume(facts: Facts, choices: Choices) -> str:
        text, action = reply(facts, choices), facts.focus.action
        lead = choices.one(
            (
                f"About the {action} decision just explained: ",
                f"Staying with that {action} decision: ",
                "To add to that: ",
                "",
            )
        )
        return f"{lead}{lowered(text)}" if lead and not text.startswith(reasons.TURNS) else text

    return resume


FOLLOW_UP: Mapping[str, Reply] = {
    "against": _resumed(lambda facts, choices: reasons.counter(facts.focus, choices) or missing("drivers", choices)),
    "change": _resumed(_change),
    "first": _first,
    "risk": _resumed(_risk),
    "stop": _resumed(_stop),
    "trend": _trend,
    "other_trend": lambda facts, choices: f"On the opposite trend: {lowered(strategy(facts, 'up', choices))}",
    "tomorrow": lambda facts, choices: f"Apart from what was just explained, {lowered(_beyond(facts, choices))}",
}
"""Answers to questions that lean on what was said before."""
