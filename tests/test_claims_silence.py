"""Nothing passes in silence: a clause that asserts something yields a claim, if only one that nothing can judge."""

from dataclasses import replace

import pytest

from tradeproof.explanations.claims import check_text
from tradeproof.explanations.facts import alone
from true_texts import AAA, FALL, ONE, PAIR


def verdicts(text, facts=ONE):
    """Of all claims that are more than the mention of a ticker or a date."""
    return [c.verdict for c in check_text(text, facts).claims if c.claim.kind not in ("date", "ticker")]


TALK = (
    "The account stands at its all-time high.", "This trade is guaranteed to be profitable.",
    "Management is confident.", "A sure winner.", "Everybody loves this stock.", "The stock is a bargain.",
    "AAA is the safest stock of all.", "On 2015-12-31 AAA was the talk of the town.", "Buyers were in control.",
    "The chart looks good.", "The policy has a long record of success.", "The policy never loses money.",
    "A great time to buy.", "Buy now!",
)  # fmt: skip


@pytest.mark.parametrize("text", TALK)
def test_a_sentence_that_the_facts_cannot_judge_is_unverifiable(text):
    assert set(verdicts(text)) == {"unverifiable"}


CLAUSES = (
    "The RSI is 61.2 and the stock is a bargain.", "The RSI is 61.2, which makes it a sure bet.",
    "The close is at 1,302.50, and investors were cheerful.", "The policy buys AAA because insiders know something.",
    "The RSI is 61.2 while the company thrives.", "With RSI at 61.2, AAA is cheap.",
    "RSI(14) is 61.2, signalling strength.", "With an RSI of 61.2 the stock has plenty of room to run.",
    "Investors cheered as the close reached 1,302.50.",
)  # fmt: skip


@pytest.mark.parametrize("text", CLAUSES)
def test_a_clause_beside_a_true_one_is_not_covered_by_it(text):
    assert sorted(verdicts(text)) == ["true", "unverifiable"]


def test_what_follows_an_honest_clause_is_no_part_of_it():
    assert verdicts("The facts say nothing of earnings, but the company is healthy.") == ["unverifiable"]


SILENT = (
    "Reasons:", "- **Reasons:**", "This is a description and no forecast.", "That is no advice.", "Is it cheap?",
    "Here is my analysis.", "Thank you for the question.",
    "The facts say nothing of earnings.", "The facts do not tell whether the company is healthy.", "**Summary**",
    "The facts end at the close of 2015-12-31; they give no forecast.",
)  # fmt: skip


@pytest.mark.parametrize("text", SILENT)
def test_questions_headings_and_honest_words_claim_nothing(text):
    assert verdicts(text) == []


def test_that_the_facts_name_no_drivers_is_checked():
    assert verdicts("No drivers are named in the facts.") == ["false"]
    assert verdicts("None is a sign of weakness.") == ["false"]


def test_what_is_as_it_was_is_checked_at_both_moments():
    assert verdicts("The policy's decision is to buy, as it was yesterday.", PAIR) == ["true", "false"]
    assert verdicts("The trend is sideways, as it was yesterday.", PAIR) == ["true", "true"]


WORDS = (
    (ONE, "AAA closed at its 20-day high."), (ONE, "AAA made a new 20-day high today."),
    (ONE, "The close was at its 50-day average."), (ONE, "The stock hit a fresh 20-day low."),
    (ONE, "AAA soared today."), (ONE, "AAA surged 0.52 %."), (FALL, "BBB crashed."),
    (FALL, "BBB collapsed on the day."),
    (ONE, "Volume was twice its usual level."), (ONE, "Volume was half its 20-day average."),
    (FALL, "Volume was triple its 20-day average."), (FALL, "The policy held the position for ten days."),
    (ONE, "The close is more than 3 % above its 200-day average."), (ONE, "AAA gained at least 0.6 % on the day."),
    (ONE, "The close is less than 2 % below its 50-day average."), (ONE, "RSI(14) is at 61.2, between 65 and 70."),
    (ONE, "The policy is 61.2% sure that it should sell."), (FALL, "The position was held for more than twelve days."),
    (PAIR, "RSI eased from 57.3 yesterday to 61.2 today."), (PAIR, "RSI rose from 56.3 yesterday to 61.2 today."),
    (PAIR, "RSI rose from 57.3 yesterday to 62.2 today."),
)  # fmt: skip


@pytest.mark.parametrize(("facts", "text"), WORDS, ids=[text for _, text in WORDS])
def test_strong_words_levels_bounds_and_written_numbers_are_checked(facts, text):
    assert "false" in verdicts(text, facts)


def test_a_close_that_is_its_high_is_at_its_high():
    readings = AAA.readings | {"high_20": 1302.5, "high_distance_20": 0.0}
    assert verdicts("AAA closed at its 20-day high.", alone(replace(AAA, readings=readings))) == ["true"]
    readings = AAA.readings | {"high_20": 1303.8, "high_distance_20": -0.1}
    assert verdicts("AAA closed at its 20-day high.", alone(replace(AAA, readings=readings))) == ["false"]
