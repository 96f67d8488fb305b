# ruff: noqa: RUF001 -- typography of texts
"""A text is read into claims, and each is true, false, or nothing that the facts speak of."""

import time
from collections import Counter

import numpy as np
import pytest

from snapshots import random_history, random_snapshot, random_universe
from tradeproof.explanations.answers import CATEGORIES, write_exchange
from tradeproof.explanations.claims import check_text, parse_claims
from tradeproof.explanations.commentary import write_commentary
from tradeproof.explanations.facts import alone
from tradeproof.explanations.reading.formulas import evaluate
from tradeproof.explanations.reading.numerals import numeral
from tradeproof.explanations.writer import write_explanation
from true_texts import CALM, FALL, MARKET, ONE, PAIR, TRUE_TEXTS


def verdicts(text, facts):
    return Counter(checked.verdict for checked in check_text(text, facts).claims)


def doubts(text, facts):
    return [(c.verdict, c.claim.text, c.reason) for c in check_text(text, facts).claims if c.verdict != "true"]


SILENT = {"The facts do not tell what the price will do tomorrow.", "Nothing in the facts speaks of earnings or news."}


@pytest.mark.parametrize(("facts", "text"), TRUE_TEXTS, ids=[text[:50] for _, text in TRUE_TEXTS])
def test_every_claim_of_a_true_text_holds(facts, text):
    assert doubts(text, facts) == []
    assert bool(check_text(text, facts).claims) == (text not in SILENT)


FALSE = (
    (ONE, "RSI(14) reads 62."), (ONE, "The 20-day return is 2.31 %."), (ONE, "The 60-day return is -2.31 %."),
    (ONE, "The 5-day return is 0.8 points."), (ONE, "RSI is overbought."), (ONE, "The stock is not neutral."),
    (ONE, "The policy sells AAA."), (ONE, "It closes the long position."), (ONE, "It keeps the long position."),
    (ONE, "The close is above its 50-day average."), (ONE, "The close is 2.3 % above its 50-day average."),
    (ONE, "The RSI is 9.8 points below 70."), (ONE, "The RSI is 8.8 points below 70 (70 - 61.2 = 9.8)."),
    (ONE, "The main reason is the 20-day return."), (ONE, "The RSI spoke against the decision."),
    (ONE, "The main reason is the volume ratio."), (ONE, "The RSI added +0.24 to the log-odds."),
    (ONE, "The probability of buying is 30.1 %."), (ONE, "It would have sold with RSI(14) at 55.1."),
    (ONE, "It would have held with RSI(14) at 56.1."), (ONE, "It would have held with RSI(14) at 55.1 or above."),
    (ONE, "No single quantity would have changed the decision."), (ONE, "The volatility is turbulent."),
    (ONE, "AAA fell 0.52 % on the day."), (ONE, "The MACD is above its signal line."), (ONE, "It was a Friday."),
    (ONE, "The risk is given by turbulent volatility."), (ONE, "None of the drivers spoke against the decision."),
    (ONE, "The overbought level is 71."), (ONE, "The 5-day and 20-day returns are -2.3 % and 0.8 % respectively."),
    (FALL, "With a drawdown of 22.5 % or below it would have held."), (FALL, "BBB is in an uptrend."),
    (FALL, "The position has been held for 13 days."), (FALL, "The unrealised loss is 4.79 %."),
    (CALM, "CCC is oversold."), (CALM, "The Bollinger position supported holding."),
    (PAIR, "The RSI fell from 57.3 yesterday to 61.2."), (PAIR, "Yesterday the policy bought."),
    (PAIR, "The RSI is lower than yesterday."), (PAIR, "The close was 1,302.50 yesterday."),
    (MARKET, "Of the 30 tickers, 13 rose."), (MARKET, "The RSI of AAA is 24.6 and that of BBB 61.2."),
    (MARKET, "Three tickers are overbought."), (MARKET, "The policy sells 6 tickers."),
    (MARKET, "There are more tickers in a downtrend than tickers in an uptrend."),
)  # fmt: skip


@pytest.mark.parametrize(("facts", "text"), FALSE, ids=[text for _, text in FALSE])
def test_what_the_facts_deny_is_false(facts, text):
    assert verdicts(text, facts)["false"] >= 1


UNVERIFIABLE = (
    "The stochastic oscillator is at 81.3.", "The 100-day average is at 512.70.", "Earnings beat expectations.",
    "The price will rise.", "Tomorrow AAA gains 2 %.", "You should buy the stock.", "MSFT rose.",
    "On 2014-01-02 the RSI was 61.2.", "Yesterday the RSI was 61.2.", "There were 512 of them.",
    "The RSI rose since yesterday.",
)  # fmt: skip


@pytest.mark.parametrize("text", UNVERIFIABLE)
def test_what_the_facts_do_not_speak_of_is_unverifiable(text):
    assert verdicts(text, ONE)["unverifiable"] >= 1


def test_a_number_holds_to_half_a_unit_of_its_last_digit():
    assert [numeral(n).matches(61.24) for n in ("61", "61.2", "61.24", "61.3", "62", "61.25")] == [True] * 3 + [
        False
    ] * 3
    assert numeral("0.12").matches(0.125)
    assert numeral("0.13").matches(0.125)
    assert not numeral("0.12").matches(0.1251)
    assert numeral("1,302.50").value == 1302.5


def test_about_allows_one_unit_and_not_more():
    assert doubts("The RSI is about 62.", ONE) == []
    assert doubts("The RSI is about 63.", ONE) != []


def test_a_claim_knows_what_it_was_parsed_into():
    (claim,) = [c for c in parse_claims("The 20-day return is −2.3 %.", ONE) if c.kind == "value"]
    assert (claim.key, claim.number.value, claim.unit, claim.ticker, claim.date) == (
        "return_20", -2.3, "percent", "AAA", "2015-12-31",
    )  # fmt: skip
    text = "The 20-day return is −2.3 %."
    assert text[claim.start : claim.end] == claim.text


def test_formulas_evaluate_by_the_rules_of_arithmetic():
    assert evaluate([70.0, "-", 61.2]) == pytest.approx(8.8)
    assert evaluate([2.0, "+", 3.0, "*", 4.0]) == 14.0
    assert evaluate(["(", 2.0, "+", 3.0, ")", "*", 4.0]) == 20.0
    assert evaluate([8.0, "-", 2.0, "-", 1.0]) == 5.0
    for broken in ([1.0, "/", 0.0], [1.0, "+"], ["(", 1.0], [1.0, ")"], [], [1.0, 2.0], ["("] * 1000 + [1.0]):
        assert evaluate(broken) is None


def test_a_formula_of_numbers_that_are_no_facts_is_unverifiable():
    assert verdicts("It is 3.3 (45.1 - 41.8 = 3.3).", ONE)["true"] == 0


PIECES = (
    "9", "9,", "1 ", "(", "1 + ", "RSI ", "neither ", "- ", "RSI is 61.2 and ", "above 70 below 30 ", "1,111", "2015-",
    "\n", "would ", "of RSI 61 ", "1=", "; ", "it of ", "fell 3 % over ", "5-, ",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_takes_time_in_proportion_to_its_length(piece):
    text = piece * (10_000 // len(piece))
    started = time.perf_counter()
    check_text(text[:2_000], ONE)
    fifth = time.perf_counter() - started
    started = time.perf_counter()
    check_text(text, ONE)
    assert time.perf_counter() - started < max(14 * fifth, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_a_hundred_thousand_hostile_characters_take_seconds(piece):
    started = time.process_time()
    check_text(piece * (100_000 // len(piece)), ONE)
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize(
    "text", ["\0", "\0 day return \0 61.2", "# day return", "RSI(#) is 61.2", "\u00b2 of 61\u00b2", "\u0663"]
)
def test_strange_characters_are_read_over(text):
    assert verdicts(text, ONE)["false"] == 0


def test_a_sentence_may_begin_with_of():
    assert doubts("Of RSI 61.2 nothing more is said.", ONE) == []


@pytest.mark.parametrize(
    "ending", ["", ", which is a description and no forecast", ", which is neither advice nor a forecast"]
)
def test_what_is_no_forecast_is_checked_all_the_same(ending):
    assert verdicts(f"The RSI is overbought{ending}.", ONE)["false"] == 1
    assert doubts(f"The RSI is neutral{ending}.", ONE) == []


@pytest.mark.parametrize("article", ["a", "an"])
def test_a_count_of_trends_is_one_by_either_article(article):
    text = f"There are more tickers in {article} uptrend than tickers in an uptrend."
    assert verdicts(text, MARKET)["false"] == 1


def test_what_the_writer_says_holds():
    generator = np.random.default_rng(5)
    claims = 0
    for number in range(25):
        snapshot = random_snapshot(generator)
        history = random_history(generator)
        market = random_universe(generator, size=3)
        texts = (
            (alone(snapshot), write_explanation(snapshot, generator, 3)),
            (market, write_commentary(market, generator)),
            (history, write_exchange(CATEGORIES[number % len(CATEGORIES)], history, generator).answer),
        )
        for facts, text in texts:
            assert doubts(text, facts) == [], text
            claims += len(check_text(text, facts).claims)
    assert claims > 900
