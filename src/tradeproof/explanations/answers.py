"""Answers: questions as users ask them and replies from the facts alone, in the five categories of the guide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tradeproof.errors import DataError
from tradeproof.explanations import analysis, questions, replies
from tradeproof.explanations.choices import Choices
from tradeproof.explanations.facts import Facts

UNKNOWABLE = 0.15
"""Share of questions that the facts hold no answer to."""

CATEGORIES = ("technical_analysis", "signal_explanation", "market_context", "strategy", "follow_up")


@dataclass(frozen=True)
class Exchange:
    """A question with its answer.

    Attributes:
        question: As a user asks it.
        answer: From the facts alone.
        history: Earlier turns, question and answer, the oldest first.
    """

    question: str
    answer: str
    history: tuple[tuple[str, str], ...]


def write_exchange(category: str, facts: Facts, generator: np.random.Generator) -> Exchange:
    """One question of a category, and an answer in which every claim holds.

    Args:
        category: One of CATEGORIES.
        facts: What may be spoken of.
        generator: Draws question, structure and wording.

    Raises:
        DataError: There is no such category.
    """
    if category not in CATEGORIES:
        raise DataError(f"category of a question is {category!r}, expected one of {', '.join(CATEGORIES)}")
    choices = Choices(generator)
    if category == "follow_up":
        return _follow_up(facts, choices)
    if choices.chance(UNKNOWABLE):
        question, answer = replies.unknowable(facts, choices)
    else:
        question, answer = _WRITERS[category](facts, choices)
    return Exchange(question, answer, ())


def _technical(facts: Facts, choices: Choices) -> tuple[str, str]:
    topic = choices.one(tuple(questions.TECHNICAL))
    question = choices.one(questions.TECHNICAL[topic]).format(ticker=facts.focus.ticker)
    return question, analysis.TECHNICAL[topic](facts, choices)


def _signal(facts: Facts, choices: Choices) -> tuple[str, str]:
    earlier = analysis.moment_of(facts, "yesterday")
    if earlier is not None and choices.chance(0.6):
        action = earlier.action if choices.chance(0.8) else choices.one(("sell", "hold", "buy"))
        question = choices.one(questions.YESTERDAY).format(action=action, ticker=earlier.ticker)
        return question, replies.earlier_signal(earlier, "yesterday", action, choices)
    topic = choices.one(tuple(questions.SIGNAL))
    question = choices.one(questions.SIGNAL[topic]).format(action=facts.focus.action, ticker=facts.focus.ticker)
    return question, replies.SIGNAL[topic](facts, choices)


def _context(facts: Facts, choices: Choices) -> tuple[str, str]:
    moments = [word for word in facts.moments if analysis.moment_of(facts, word) is not None]
    longer = [word for word in moments if word != "yesterday"] or moments
    word = choices.one(longer) if longer else ""
    spoken = next((asked for asked, known in questions.MOMENTS if known in word), "last month")
    question = choices.one(questions.CONTEXT).format(moment=spoken, ticker=facts.focus.ticker)
    return question, analysis.context(facts, word, choices)


def _strategy(facts: Facts, choices: Choices) -> tuple[str, str]:
    trend = choices.one(tuple(questions.STRATEGY))
    question = choices.one(questions.STRATEGY[trend]).format(ticker=facts.focus.ticker)
    return question, replies.strategy(facts, trend, choices)


def _follow_up(facts: Facts, choices: Choices) -> Exchange:
    """One or two earlier turns, then a question that only makes sense after them."""
    topic = choices.one(tuple(questions.FOLLOW_UP))
    if questions.FOLLOWED[topic] == "strategy":
        first = replies.strategy(facts, "down", choices)
    else:
        first = replies.why(facts, choices)
    turns = [(questions.opening_question(topic, facts, choices), first)]
    if choices.chance(0.35):
        turns.insert(0, _technical(facts, choices))
    question = choices.one(questions.FOLLOW_UP[topic]).format(ticker=facts.focus.ticker)
    return Exchange(question, replies.FOLLOW_UP[topic](facts, choices), tuple(turns))


_WRITERS: Mapping[str, Callable[[Facts, Choices], tuple[str, str]]] = {
    "technical_analysis": _technical,
    "signal_explanation": _signal,
    "market_context": _context,
    "strategy": _strategy,
}
