"""Texts: fluent, varied, deterministic, and nothing in them but what the facts hold."""

import re
from dataclasses import replace

import numpy as np
import pytest

from snapshots import MOMENTS, random_history, random_snapshot, random_universe
from tradeproof.errors import DataError
from tradeproof.explanations import questions
from tradeproof.explanations.answers import CATEGORIES, write_exchange
from tradeproof.explanations.claims import check_text
from tradeproof.explanations.commentary import write_commentary
from tradeproof.explanations.facts import ORDERS, Counterfactual, Driver, Facts, alone
from tradeproof.explanations.orders import SHOWN, TOLD
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.states import states_of
from tradeproof.explanations.writer import write_explanation

ADVICE = re.compile(
    r"\b(you should|you could|we recommend|I recommend|consider (buying|selling)|must (buy|sell))\b", re.I
)
PROPHECY = re.compile(r"\b(will|tomorrow|expected to|likely|going to|therefore|forecasts?)\b", re.I)


def explanations(seed, count, each=1, **settings):
    generator = np.random.default_rng(seed)
    for _ in range(count):
        snapshot = random_snapshot(generator, **settings)
        for _ in range(each):
            yield snapshot, write_explanation(snapshot, generator, 3)


def texts_of_all_tasks(seed, count):
    """Texts with their facts: explanations, commentary, answers with the answers of earlier turns."""
    generator = np.random.default_rng(seed)
    for place in range(count):
        snapshot = random_snapshot(generator)
        yield write_explanation(snapshot, generator, 3), alone(snapshot)
        facts = random_history(generator, absent=0.2) if place % 2 else alone(random_snapshot(generator))
        exchange = write_exchange(CATEGORIES[place % 5], facts, generator)
        for answer in (exchange.answer, *(answer for _, answer in exchange.history)):
            yield answer, facts
        if place % 5 == 0:
            facts = random_universe(generator, int(generator.choice([2, 3, 12])))
            yield write_commentary(facts, generator), facts


def test_texts_obey_the_laws_of_writing():
    found = 0
    for text, _ in texts_of_all_tasks(1, 150):
        found += 1
        assert "  " not in text
        assert not re.search(r"\s[,.;:]|,,|\.\.|;;|::|\( | \)|\{|\}|\\bNone[,.]|\\bnan\\b", text), text
        assert text[0].isupper() or text[0].isdigit(), text
        assert all(line[-1] == "." for line in text.split("\n")), text
        assert not re.search(
            r"\b1 (days|tickers|decisions)\b|\ba (overbought|oversold|RSI|ATR|annualised|ordinary)\b", text
        ), text
        assert not re.search(r"\b(\w+) \1\b", text), text
        assert text.count("(") == text.count(")")
    assert found > 300


def test_texts_give_no_advice_and_no_forecast():
    for text, _ in texts_of_all_tasks(2, 150):
        assert not ADVICE.search(text), text
        for sentence in re.split(r"(?<=\.)\s", text):
            if not re.search(r"\b(no forecast|say nothing|no advice|seasonal score of the next)\b", sentence):
                assert not PROPHECY.search(sentence), text


def numbers_allowed(snapshot):
    """Every number a text may write without a formula, at every precision."""
    values = [*snapshot.readings.values(), *(driver.attribution for driver in snapshot.drivers)]
    values += [snapshot.counterfactual.value] if snapshot.counterfactual else []
    return {f"{abs(value):,.{decimals}f}" for value in values for decimals in range(7)}


def test_every_number_comes_from_the_snapshot():
    checked = 0
    for snapshot, text in explanations(3, 150):
        allowed = numbers_allowed(snapshot) | {snapshot.ticker}
        bare = re.sub(r"\([^)]* = [^)]*\)|\([^)]* / [^)]*\)", "", text)  # formulas are checked by evaluating them
        bare = bare.replace(snapshot.date, "").replace(snapshot.ticker, "")
        bare = re.sub(r"\d+-day|RSI\(\d+\)|ATR\(\d+\)|(over|in) \d+ days?|level of \d+|[\d.]+% (above|below)", "", bare)
        bare = re.sub(r"[\d.]+ (percentage )?points (above|below)( \d+)?", "", bare)
        for number in re.findall(r"\d(?:[\d,]*\d)?(?:\.\d+)?", bare):
            checked += 1
            assert number in allowed, (number, text)
    assert checked > 700


def test_every_formula_evaluates_to_its_result():
    found = 0
    for _, text in explanations(4, 150, each=3):
        for high, low, result in re.findall(r"([\d.]+) - ([\d.]+) = ([\d.]+)", text):
            found += 1
            assert float(high) - float(low) == pytest.approx(float(result), abs=1e-9), text
        for percent, side, top, base in re.findall(
            r"([\d.]+)% (above|below) [^()%]*\(([\d.,]+) / ([\d.,]+) - 1\)", text
        ):
            found += 1
            exact = 100 * (float(top.replace(",", "")) / float(base.replace(",", "")) - 1)
            assert float(percent) * (1 if side == "above" else -1) == pytest.approx(exact, abs=0.0501), text
    assert found > 100


def test_direction_words_agree_with_the_numbers():
    seen = set()
    for snapshot, text in explanations(5, 200, each=4, absent=0.0):
        for word, percent, days in re.findall(r"(rise|fall|gain|loss) of ([\d.]+)% over (\d+) days?", text):
            value = snapshot.readings[f"return_{days}"]
            seen.add(word)
            assert (value > 0) == (word in ("rise", "gain"))
            assert float(percent) == pytest.approx(abs(value), abs=0.0501)
        for side, days, level in re.findall(r"[\d.]+% (above|below) (?:its|the) (\d+)-day (average|high|low)", text):
            seen.add(side)
            assert (snapshot.readings[f"{level}_distance_{days}"] > 0) == (side == "above")
        for word, ticker in re.findall(r"([A-Z][\w.-]*) (rose|fell) [\d.]+% on the day", text):
            seen.add(ticker)
            assert (snapshot.readings["return_1"] > 0) == (ticker == "rose"), word
    assert {"rise", "fall", "above", "below", "rose", "fell"} <= seen


def test_reasons_are_drivers_of_that_sign_only():
    """An indicator is named as a reason only where it is among the drivers, with that sign."""
    for snapshot, text in explanations(6, 150, each=2, drivers=5):
        names = {d.key: quantity(d.key).label for d in snapshot.drivers}
        for key, attribution in re.findall(
            r"(RSI\(14\))(?: at| of| reading of) [\d.]+ \(attribution ([+-][\d.]+)\)", text
        ):
            driver = next(d for d in snapshot.drivers if names[d.key] == key)
            assert float(attribution) == driver.attribution
    for supports, weight in (("spoke for it", 0.5), ("against", -0.5)):
        snapshot = replace(snapshot, drivers=(Driver("season_day", weight),))
        texts = [write_explanation(snapshot, np.random.default_rng(n), 3) for n in range(60)]
        found = [" ".join(re.findall(r"[^.\n]*seasonal score[^\n]*?\.(?=\s|$)", t)) for t in texts]
        cues = r"despite|against|objection"
        named = [t for t in found if "seasonal score" in t.split("would have")[0]]
        assert len(named) > 40, supports
        assert all(bool(re.search(cues, t.split(". ")[0], re.I)) == (weight < 0) for t in named), supports


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_worded_as_what_it_is(order):
    generator = np.random.default_rng(7)
    snapshot = random_snapshot(generator, long_short=True, absent=0.0)
    action = {"open_long": "buy", "reverse_to_long": "buy", "keep_long": "buy"}.get(order, "sell")
    others = {word for name, words in TOLD.items() if name != order for word in words}
    for said in (action, "hold") if order.startswith(("keep", "stay")) else (action,):
        readings = dict(snapshot.readings)
        readings["position"] = -30.0 if order in ("keep_short", "close_short", "reverse_to_long") else 0.0
        readings["position"] = (
            30.0 if order in ("keep_long", "close_long", "reverse_to_short") else readings["position"]
        )
        changed = replace(snapshot, order=order, action=said, readings=readings, states=states_of(readings))
        for _ in range(40):
            text = write_explanation(changed, generator, 3)
            assert any(word in text for word in TOLD[order]), text
            assert not any(word in text for word in others), text
            assert re.search(rf"\b{said}", text), text
            if order.startswith(("keep", "stay")):
                assert "at the next open" not in text
    assert set(SHOWN) == set(TOLD) == set(ORDERS)


def test_selling_while_flat_is_told_as_staying_out():
    generator = np.random.default_rng(8)
    snapshot = random_snapshot(generator, long_short=False, absent=0.0)
    readings = {**snapshot.readings, "position": 0.0}
    flat = replace(snapshot, action="sell", order="stay_flat", readings=readings, states=states_of(readings))
    texts = [write_explanation(flat, generator, 3) for _ in range(50)]
    assert all(re.search("stays out of the market|stays flat|remains in cash", text) for text in texts)
    assert not any(re.search(r"policy sells|closes|opens", text) for text in texts)


def test_what_is_absent_is_never_spoken_of():
    generator = np.random.default_rng(9)
    words = {
        "stop": "stop", "volatility": "volatility", "probab": "probability", "drawdown": "drawdown", "RSI": "RSI",
        "trend": "trend", "average": "average", "unrealised": "unrealised", "target": "target",
    }  # fmt: skip
    for _ in range(60):
        snapshot = random_snapshot(generator)
        bare = replace(snapshot, readings={"close": 12.0}, states={}, drivers=(), counterfactual=None)
        text = write_explanation(bare, generator, 3)
        assert not [word for word in words if word in text], text
        exchange = write_exchange(str(generator.choice(CATEGORIES)), alone(bare), generator)
        assert check_text(exchange.answer, alone(bare)).false == 0, exchange


def test_the_counterfactual_says_beyond_only_where_it_is_so():
    generator = np.random.default_rng(10)
    snapshot = random_snapshot(generator, absent=0.0)
    for value, beyond, expected in ((10.0, True, "or below"), (90.0, True, "or above"), (10.0, False, "exactly")):
        readings = {**snapshot.readings, "rsi_14": 50.0}
        other = Counterfactual("rsi_14", value, "hold", beyond)
        changed = replace(snapshot, readings=readings, states=states_of(readings), counterfactual=other, drivers=())
        for _ in range(30):
            text = write_explanation(changed, generator, 3)
            found = next(part for part in re.split(r"(?<=\.)\s", text) if f"{value:.1f}" in part)
            assert expected in found
            assert ("or below" in found or "or above" in found) == beyond


def test_the_same_seed_gives_the_same_text():
    snapshot = random_snapshot(np.random.default_rng(11))
    facts, universe = random_history(np.random.default_rng(11)), random_universe(np.random.default_rng(11), 5)
    for seed in range(20):
        for write in (
            lambda g: write_explanation(snapshot, g, 3),
            lambda g: write_commentary(universe, g),
            lambda g: write_exchange("market_context", facts, g),
        ):
            assert write(np.random.default_rng(seed)) == write(np.random.default_rng(seed))


def skeleton(text, snapshot):
    """A text without its numbers, its ticker and the names of its quantities."""
    for name in sorted({name for key in snapshot.readings for name in quantity(key).names}, key=len, reverse=True):
        text = text.replace(name, "Q")
    return re.sub(r"[\d.,]*\d%?", "#", text.replace(snapshot.ticker, "T"))


def test_one_snapshot_is_told_in_thousands_of_ways():
    generator = np.random.default_rng(12)
    snapshot = random_snapshot(generator, absent=0.0, drivers=6)
    texts = [write_explanation(snapshot, generator, 3) for _ in range(2000)]
    assert len(set(texts)) > 1980
    assert len({skeleton(text, snapshot) for text in texts}) > 1000
    assert sum("\n- " in text for text in texts) in range(100, 400)


def test_the_number_of_drivers_named_is_at_most_what_is_asked_for():
    generator = np.random.default_rng(13)
    snapshot = replace(
        random_snapshot(generator, absent=0.0),
        drivers=tuple(
            Driver(key, 0.9 - place / 10) for place, key in enumerate(("season_day", "season_week", "month"))
        ),
        counterfactual=None,
    )
    for drivers in (1, 2, 3):
        texts = [write_explanation(snapshot, generator, drivers) for _ in range(40)]
        counts = {sum(name in text for name in ("next day", "next week", "the month")) for text in texts}
        assert max(counts) == drivers
        assert min(counts) >= min(drivers, 2)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_extreme_numbers_are_written_and_checked(scale):
    generator = np.random.default_rng(14)
    for _ in range(30):
        snapshot = random_snapshot(generator, absent=0.0, ticker="BRK.B-1.X")
        readings = {key: float(quantity(key).displayed(value * scale)) for key, value in snapshot.readings.items()}
        changed = replace(snapshot, readings=readings, states=states_of(readings), counterfactual=None)
        text = write_explanation(changed, generator, 3)
        assert "BRK.B-1.X" in text
        assert "e+" not in text
        assert "-0.0%" not in text


def test_guide_questions_are_asked_word_for_word():
    asked = [q for topic in (questions.TECHNICAL, questions.STRATEGY) for texts in topic.values() for q in texts]
    asked += [text.format(action="sell", ticker="") for text in questions.YESTERDAY]
    asked += [text.format(moment="last month", ticker="") for text in questions.CONTEXT]
    for question in (
        "What technical indicators suggest a bullish trend?",
        "Why did the model recommend a sell signal yesterday?",
        "How does the current market compare to last month?",
        "How would this strategy perform in a bear market?",
    ):
        assert question in asked


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_asks_many_questions_and_follow_ups_have_a_history(category):
    generator = np.random.default_rng(15)
    facts = [random_history(generator) for _ in range(10)]
    exchanges = [write_exchange(category, facts[n % 10], generator) for n in range(300)]
    assert len({exchange.question for exchange in exchanges}) > 15
    assert len({exchange.answer for exchange in exchanges}) > 100
    turns = {len(exchange.history) for exchange in exchanges}
    assert turns == ({1, 2} if category == "follow_up" else {0})


def test_questions_that_the_facts_cannot_answer_are_answered_so():
    generator = np.random.default_rng(16)
    facts = random_history(generator)
    asked = {q.format(ticker=facts.focus.ticker) for texts in questions.UNKNOWABLE.values() for q in texts}
    found = [e for e in (write_exchange("strategy", facts, generator) for _ in range(400)) if e.question in asked]
    assert len(found) > 30
    assert all(re.search(r"[Tt]he facts (say nothing|end at|hold no|cannot)", exchange.answer) for exchange in found)


def test_yesterdays_signal_is_told_by_yesterdays_snapshot():
    generator = np.random.default_rng(17)
    seen = 0
    for _ in range(100):
        facts = random_history(generator, moments=("yesterday",))
        exchange = write_exchange("signal_explanation", facts, generator)
        earlier = facts.snapshots[1]
        if "yesterday" in exchange.question.lower():
            seen += 1
            assert f"was to {earlier.action}" in exchange.answer
            assert earlier.date in exchange.answer
            assert facts.focus.date not in exchange.answer
    assert seen > 30
    assert set(MOMENTS) >= {"yesterday", "a month earlier"}


def test_an_unknown_category_is_refused():
    with pytest.raises(DataError, match="category of a question is 'poetry', expected one of technical_analysis"):
        write_exchange("poetry", alone(random_snapshot(np.random.default_rng(1))), np.random.default_rng(1))


@pytest.mark.parametrize("size", [2, 126])
def test_a_commentary_covers_breadth_timeframes_tickers_and_decisions(size):
    generator = np.random.default_rng(18)
    facts = random_universe(generator, size)
    for _ in range(20):
        text = write_commentary(facts, generator)
        assert facts.focus.date in text
        assert f"{size} tickers" in text
        assert len(re.findall(r"median \d+-day return", text)) >= 2
        assert "decision" in text
        assert any(snapshot.ticker in text for snapshot in facts.snapshots)


def test_a_commentary_without_readings_of_the_universe_speaks_of_the_tickers_alone():
    generator = np.random.default_rng(19)
    facts = random_universe(generator, 3)
    text = write_commentary(Facts(facts.snapshots, {}, {}), generator)
    assert "median" not in text
    assert facts.focus.ticker in text


def test_no_claim_in_any_text_is_false_or_beyond_the_facts():
    claims, faults = 0, []
    for text, facts in texts_of_all_tasks(20, 120):
        checked = check_text(text, facts)
        claims += len(checked.claims)
        faults += [(c.verdict, c.claim.text, c.reason, text) for c in checked.claims if c.verdict != "true"]
    assert claims > 2400
    assert faults == []
