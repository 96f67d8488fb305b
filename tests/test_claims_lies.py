"""Lies that are planted into true texts are caught."""

from collections import Counter

import numpy as np

from lies import LIES, plant
from snapshots import random_history, random_snapshot, random_universe
from tradeproof.explanations.answers import CATEGORIES, write_exchange
from tradeproof.explanations.claims import check_text
from tradeproof.explanations.commentary import write_commentary
from tradeproof.explanations.facts import alone
from tradeproof.explanations.writer import write_explanation
from true_texts import TRUE_TEXTS


def true_texts(generator, count):
    yield from TRUE_TEXTS
    for number in range(count):
        snapshot, market, history = random_snapshot(generator), random_universe(generator, 3), random_history(generator)
        yield alone(snapshot), write_explanation(snapshot, generator, 3)
        yield market, write_commentary(market, generator)
        yield history, write_exchange(CATEGORIES[number % len(CATEGORIES)], history, generator).answer


def test_planted_lies_of_every_kind_are_caught():
    generator = np.random.default_rng(3)
    planted, caught = Counter(), Counter()
    for facts, text in true_texts(generator, 30):
        for kind in LIES:
            lie = plant(kind, text, facts, generator)
            if lie is not None:
                checked = check_text(lie, facts)
                planted[kind] += 1
                caught[kind] += checked.false + checked.unverifiable > 0
    assert len(planted) >= 20
    assert sum(planted.values()) > 1000
    assert sum(caught.values()) >= 0.99 * sum(planted.values())
    assert {k: caught[k] / n for k, n in planted.items() if n >= 20 and caught[k] < 0.9 * n} == {}
