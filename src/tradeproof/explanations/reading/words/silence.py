"""Words by which a clause is known to assert something, to speak of the facts themselves, or to lead on to the next."""

from typing import Any

SILENCE: tuple[tuple[str, Any, str], ...] = (
    (
        "scope",
        0,
        "these/the/_ facts/sheet/data/snapshot cover/covers/describe/describes/compare/compares/end/ends/begin/begins",
    ),
    ("scope", 0, "they cover/describe/compare/end/begin"),
    ("scope", 0, "this/it compares/describes/covers"),
    ("scope", 0, "this is the state of the tickers shown"),
    ("scope", 0, "here is/are"),
    ("unmoved", 0, "no change of/in/to a/any/one/_ single/_ quantity/indicator/reading/feature/number/value"),
    ("undriven", 0, "no drivers/driver/reasons/reason are/is/was/were named/given/told/listed in/by/among the facts"),
    (
        "undriven",
        0,
        "facts/sheet name/names/give/gives/hold/holds/tell/tells/list/lists no driver/drivers/reason/reasons",
    ),
    ("omen", 1, "sign/signs of strength"),
    ("omen", -1, "sign/signs of weakness"),
    ("part", 1, "upper part/half of the/its/_ day/daily/_ 's/_ range"),
    ("part", -1, "lower part/half of the/its/_ day/daily/_ 's/_ range"),
    ("driver", (1, "before"), "points/point/pointed/pointing the same way"),
)
"""Kind, what it says, words."""

PARTS_OF_FACTS = frozenset((
    "price", "prices", "indicator", "indicators", "decision", "decisions", "date", "dates", "close", "closes",
    "my", "analysis",
    "only", "beside", "and", "with", "one",
))  # fmt: skip
"""What may be named where a clause says no more than what the facts cover."""

LEADS = frozenset((
    "what", "whether", "how", "if", "that", "which", "nor", "why", "when", "where", "who",
))  # fmt: skip
"""Words that open a clause which hangs on the one before."""

OPENERS = frozenset(("what", "apart"))
"""Words that open a clause which leads on to the next."""

GREETINGS = frozenset(("let", "thank", "thanks", "please", "hello"))
"""Words that open what asserts nothing."""

VERBS = frozenset((
    "is", "was", "are", "were", "be", "been", "being", "has", "have", "had", "does", "do", "did", "can", "could",
    "may", "might", "must", "should", "stands", "stood", "remains", "remained", "looks", "looked", "seems",
    "seemed", "appears", "appeared", "becomes", "became", "gets", "got", "makes", "made", "means", "meant",
    "gives", "gave", "takes", "took", "keeps", "kept", "goes", "went", "comes", "came", "says", "said", "shows",
    "showed", "tells", "told", "proves", "proved", "promises", "guarantees", "suggests", "suggested", "signals",
    "hints", "implies", "offers", "leaves", "left", "turns", "turned", "runs", "ran", "sees", "saw", "knows",
    "knew", "thinks", "thought", "believes", "felt", "feels", "wants", "needs", "works", "performs", "performed",
    "earns", "earned", "pays", "paid", "beat", "beats", "wins", "won", "hits", "hit", "sets", "set", "holds",
    "held", "stays", "stayed", "ensures", "causes", "caused", "confirms", "reflects", "attracts", "leads", "led",
    "brings", "brought", "expects", "hopes", "loves", "likes", "sits", "reads", "reaches", "equals", "isn't",
    "wasn't", "aren't", "weren't", "doesn't", "didn't", "don't", "hasn't",
))  # fmt: skip
"""Finite forms of common verbs; others are known by their ending."""
