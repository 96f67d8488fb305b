"""Prompts: the facts in compact lines and what to do with them; one builder for data, inference, commentary and chat.

What a user or a file brings in (tickers, questions, earlier turns) is shown on one line each, without control
characters and without the marker of sections, so that it can forge neither a fact nor a section.
"""

import unicodedata
from collections.abc import Sequence

from tradeproof.explanations.facts import Facts, Snapshot, alone
from tradeproof.explanations.sheet import snapshot_lines, snapshot_summary, universe_lines

MARKER = "###"
"""Opens a section; taken out of everything that is not the builder's own."""
END = f"{MARKER} Answer\n"
"""Ends every prompt; the completion starts after it."""
LONGEST_TICKER = 24
LONGEST_WORD = 40
LONGEST_QUESTION = 400
LONGEST_TURN = 800
MOST_TURNS = 4
"""Earlier turns beyond these, the oldest first, are not shown."""

RULES = "Use only the facts below. Give no forecast and no advice."
EXPLAIN = f"Explain the decision of the trading policy: reasons, counter-argument, risk, what would change it. {RULES}"
COMMENT = f"Comment on the market on this date: trends, several factors, decisions of the policy, both sides. {RULES}"
CHAT = f"Answer the question about the trading policy and its facts. Say so where the facts do not tell. {RULES}"


def explanation_prompt(snapshot: Snapshot) -> str:
    """The prompt that asks to explain one decision."""
    return _prompt(EXPLAIN, fact_sheet(alone(snapshot), brief=False), ())


def commentary_prompt(facts: Facts) -> str:
    """The prompt that asks for a commentary on the universe on the date of the focus."""
    return _prompt(COMMENT, fact_sheet(facts, brief=True), ())


def chat_prompt(facts: Facts, question: str, history: Sequence[tuple[str, str]] = ()) -> str:
    """The prompt that asks a question.

    Args:
        facts: What may be spoken of.
        question: As the user wrote it.
        history: Earlier turns of the conversation, question and answer, the oldest first.
    """
    turns = [
        line
        for asked, answered in list(history)[-MOST_TURNS:]
        for line in (f"User: {one_line(asked, LONGEST_TURN)}", f"Assistant: {one_line(answered, LONGEST_TURN)}")
    ]
    conversation = [f"{MARKER} Conversation", *turns] if turns else []
    return _prompt(
        CHAT,
        fact_sheet(facts, brief=False),
        (*conversation, f"{MARKER} Question", one_line(question, LONGEST_QUESTION)),
    )


def fact_sheet(facts: Facts, brief: bool) -> str:
    """Everything that a text about the facts may speak of, one `label: value` after the other.

    Args:
        facts: The decision that the prompt is about comes first. Other dates of its ticker follow in full, other
            tickers on a line each, and the universe last.
        brief: Every decision on one line.
    """
    lines: list[str] = []
    for snapshot in facts.snapshots:
        title = f"{one_line(snapshot.ticker, LONGEST_TICKER)} on {_date(snapshot)}{_moment(facts, snapshot)}:"
        if brief or snapshot.ticker != facts.focus.ticker:
            lines.append(f"{title} {snapshot_summary(snapshot)}")
        else:
            lines += [title, *snapshot_lines(snapshot, record=snapshot is facts.focus)]
    if facts.universe:
        lines += [f"universe on {_date(facts.focus)}:", *universe_lines(facts.universe)]
    return "\n".join(lines)


def one_line(text: str, longest: int) -> str:
    """Text of a stranger as one line: no control characters, no marker, bounded length."""
    plain = unicodedata.normalize("NFKC", text[: 4 * longest])
    visible = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in plain)
    return " ".join(visible.replace("#", " ").split())[:longest].rstrip()


def _prompt(task: str, sheet: str, after: Sequence[str]) -> str:
    return "\n".join((f"{MARKER} Task", task, f"{MARKER} Facts", sheet, *after, END))


def _moment(facts: Facts, snapshot: Snapshot) -> str:
    """The words for the date of an earlier snapshot."""
    words = [one_line(word, LONGEST_WORD) for word, date in facts.moments.items() if date == snapshot.date]
    return f" ({', '.join(words)})" if words and snapshot is not facts.focus else ""


def _date(snapshot: Snapshot) -> str:
    return one_line(snapshot.date, LONGEST_TICKER)
