"""How many planted lies the claim checker catches, and how often it doubts a true text; one table, one JSON line.

Run it with `PYTHONPATH=src:tests python benchmarks/claims.py`; it takes about a minute on one core. True texts are the
writer's about random snapshots, and the hand-written ones of tests/true_texts.py. Each lie is one edit of a true text
after which it is really false: the planter draws the new words from what the facts do NOT say. A lie counts as caught
when at least one claim of the edited text is not true, where the unedited one had none.

The peer is the check that published systems with sign templates use: a text passes when it names the action and one
indicator. The last line is one JSON object: shares in per cent; `limit` is the bar of 99.
"""

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from lies import LIES, plant
from snapshots import random_history, random_snapshot, random_universe
from tradeproof.explanations.answers import CATEGORIES, write_exchange
from tradeproof.explanations.claims import check_text
from tradeproof.explanations.commentary import write_commentary
from tradeproof.explanations.facts import Facts, alone
from tradeproof.explanations.writer import write_explanation
from true_texts import TRUE_TEXTS

TEXTS = 600


def main() -> None:
    generator = np.random.default_rng(0)
    corpus = [*(reference(generator) for _ in range(TEXTS)), *TRUE_TEXTS]
    claims, doubted, doubtful, clean, hand = 0, 0, 0, [], 0
    started = time.perf_counter()
    for number, (facts, text) in enumerate(corpus):
        checked = check_text(text, facts)
        wrong = checked.false + checked.unverifiable
        claims, doubted, doubtful = claims + len(checked.claims), doubted + wrong, doubtful + (wrong > 0)
        hand += wrong > 0 and number >= TEXTS
        if not wrong:
            clean.append((facts, text))
    milliseconds = 1e3 * (time.perf_counter() - started) / len(corpus)
    caught, planted, keyword = count(clean, generator)
    print(f"{'lie':<28}{'planted':>9}{'caught':>9}{'share':>9}{'keyword check':>15}")
    for kind in LIES:
        if planted[kind]:
            share, peer = 100 * caught[kind] / planted[kind], 100 * keyword[kind] / planted[kind]
            print(f"{kind:<28}{planted[kind]:>9}{caught[kind]:>9}{share:>8.1f}%{peer:>14.1f}%")
    ours, peer = (100 * sum(found.values()) / sum(planted.values()) for found in (caught, keyword))
    print(f"{len(corpus)} true texts, {claims} claims: {doubted} claims and {doubtful} texts doubted, {hand} by hand")
    print(f"{milliseconds:.2f} ms per text")
    print(
        json.dumps(
            {
                "name": "claims",
                "unit": "% of planted lies caught",
                "ours": round(ours, 2),
                "peers": {"action and indicator named": round(peer, 2)},
                "ratios": {"action and indicator named": round(ours / peer, 1) if peer else None},
                "limit": {"bar": 99.0},
                "planted": sum(planted.values()),
                "kinds": len(planted),
                "false_alarms": {
                    "claims_percent": round(100 * doubted / claims, 3),
                    "texts_percent": round(100 * doubtful / len(corpus), 3),
                    "hand_texts_percent": round(100 * hand / len(TRUE_TEXTS), 3),
                },
                "milliseconds_per_text": round(milliseconds, 2),
            }
        )
    )


def count(clean: list[tuple[Facts, str]], generator: np.random.Generator) -> tuple[Counter, Counter, Counter]:
    """Lies caught, lies planted, and lies that the peer catches, by kind."""
    caught, planted, keyword = Counter(), Counter(), Counter()
    for facts, text in clean:
        for kind in LIES:
            lie = plant(kind, text, facts, generator)
            if lie is None:
                continue
            checked = check_text(lie, facts)
            planted[kind] += 1
            caught[kind] += checked.false + checked.unverifiable > 0
            keyword[kind] += not passes_keywords(lie, facts)
            if "--show" in sys.argv and not checked.false + checked.unverifiable:
                print(f"  {kind}: {lie}")
    return caught, planted, keyword


def reference(generator: np.random.Generator) -> tuple[Facts, str]:
    """A text of any task, by the writer."""
    draw = generator.random()
    if draw < 0.6:
        snapshot = random_snapshot(generator)
        return alone(snapshot), write_explanation(snapshot, generator, 3)
    if draw < 0.8:
        facts = random_universe(generator, size=int(generator.choice([2, 3, 8])))
        return facts, write_commentary(facts, generator)
    facts = random_history(generator) if generator.random() < 0.5 else alone(random_snapshot(generator))
    category = CATEGORIES[int(generator.integers(len(CATEGORIES)))]
    return facts, write_exchange(category, facts, generator).answer


def passes_keywords(text: str, facts: Facts) -> bool:
    """The peer: the text names the action and any indicator."""
    actions = {"buy": r"\b(buy|bought)", "hold": r"\b(hold|held)", "sell": r"\b(sell|sold)"}
    named = re.search(r"RSI|MACD|return|average|volatility|volume|Bollinger|drawdown|range|close", text) is not None
    return named and re.search(actions[facts.focus.action], text, re.IGNORECASE) is not None


if __name__ == "__main__":
    main()
