"""Decisions are split by time and drawn evenly; where the policy allows no even mix, a sentence says so."""

import numpy as np
import pytest

from tradeproof.errors import DataError
from tradeproof.explanations.selection import (
    EVAL,
    TRAIN,
    Pool,
    balance_notes,
    select,
    split_by_time,
    waterfilled,
)

DAYS = np.array([str(day) for day in np.arange("2010-01-01", "2014-01-01", dtype="datetime64[D]")])
REGIMES = np.array(["calm", "normal", "turbulent"])
TRENDS = np.array(["up", "down", "sideways"])


def pool_of(shares, tickers=("AAA", "BBB"), days=DAYS, seed=0):
    """A pool whose actions have these shares."""
    generator = np.random.default_rng(seed)
    size = len(days) * len(tickers)
    return Pool(
        tickers=tickers,
        series=np.repeat(np.arange(len(tickers)), len(days)),
        places=np.tile(np.arange(len(days)), len(tickers)),
        dates=np.tile(days, len(tickers)),
        actions=generator.choice(3, size, p=shares),
        regimes=REGIMES[generator.choice(3, size, p=[0.1, 0.85, 0.05])],
        trends=TRENDS[generator.integers(3, size=size)],
        trading=generator.random(size) < 0.1,
    )


def shares_of(pool, chosen):
    return np.bincount(pool.actions[chosen], minlength=3) / len(chosen)


def test_a_total_is_shared_out_as_evenly_as_there_is():
    assert waterfilled(np.array([10, 10, 10]), 9).tolist() == [3, 3, 3]
    assert waterfilled(np.array([1, 10, 10]), 9).tolist() == [1, 4, 4]
    assert waterfilled(np.array([1, 0, 3, 10]), 12).tolist() == [1, 0, 3, 8]
    assert waterfilled(np.array([5, 5]), 3).tolist() == [2, 1]
    assert waterfilled(np.array([5, 5]), 0).tolist() == [0, 0]


def test_a_waterfill_adds_up_and_takes_no_more_than_there_is():
    generator = np.random.default_rng(1)
    for _ in range(200):
        available = generator.integers(0, 30, generator.integers(1, 12))
        total = int(generator.integers(0, available.sum() + 1))
        taken = waterfilled(available, total)
        assert taken.sum() == total
        assert (taken <= available).all()
        short = taken[taken < available]
        if len(short):  # whoever could have more has at most one less than anybody else
            assert taken.max() - short.min() <= 1


def test_no_date_is_in_both_parts_and_the_purge_lies_between():
    pool = pool_of([0.2, 0.6, 0.2])
    found = select(pool, 600, 0.9, 20, np.random.default_rng(3))
    train, held_out = (pool.dates[found.chosen[name]] for name in (TRAIN, EVAL))
    assert (len(train), len(held_out)) == (540, 60)
    assert max(train) <= found.split.train_end < found.split.eval_start <= min(held_out)
    sessions = np.unique(pool.dates)
    between = np.searchsorted(sessions, found.split.eval_start) - np.searchsorted(sessions, found.split.train_end) - 1
    assert between == 20


def test_no_decision_is_chosen_twice_and_the_same_seed_chooses_the_same():
    pool = pool_of([0.2, 0.6, 0.2])
    first, second, other = (select(pool, 900, 0.8, 5, np.random.default_rng(seed)) for seed in (3, 3, 4))
    for name in (TRAIN, EVAL):
        assert len(np.unique(first.chosen[name])) == len(first.chosen[name])
        np.testing.assert_array_equal(first.chosen[name], second.chosen[name])
    assert not np.array_equal(first.chosen[TRAIN], other.chosen[TRAIN])


def test_actions_are_balanced_where_the_policy_decided_each_often_enough():
    pool = pool_of([0.1, 0.8, 0.1])
    found = select(pool, 400, 0.9, 20, np.random.default_rng(0))
    for chosen in found.chosen.values():
        assert shares_of(pool, chosen).max() <= 0.5
        assert shares_of(pool, chosen).min() >= 0.1
    assert balance_notes(pool, found, 0.5, 0.1) == []


def test_rare_regimes_tickers_and_trends_get_their_share():
    """5 % of the decisions are turbulent: drawn evenly, they are several times as many of the rows."""
    pool = pool_of([0.3, 0.4, 0.3])
    chosen = select(pool, 500, 0.9, 20, np.random.default_rng(0)).chosen[TRAIN]
    for values in (pool.regimes, pool.trends, pool.series):
        _, counts = np.unique(values[chosen], return_counts=True)
        assert counts.min() > 0.15 * len(chosen)


def test_what_the_policy_never_decided_is_said_with_its_numbers():
    pool = pool_of([0.02, 0.98, 0.0])
    found = select(pool, 1000, 0.9, 20, np.random.default_rng(0))
    notes = balance_notes(pool, found, 0.5, 0.1)
    assert len(notes) == 6
    count = int((pool.actions[pool.dates <= found.split.train_end] == 0).sum())
    assert notes[0].startswith(f"train: sell makes up {count / 900:.1%} of 900 decisions, below 10%")
    assert f"decided sell {count} times" in notes[0]
    assert "train: hold" in notes[1]
    assert "above 50%" in notes[1]


def test_fewer_decisions_than_samples_are_refused_with_their_number():
    pool = pool_of([0.3, 0.4, 0.3], days=DAYS[:100])
    with pytest.raises(DataError, match=r"num_samples is 201, but there are 200 decisions in all"):
        select(pool, 201, 0.9, 20, np.random.default_rng(0))


def test_decisions_that_the_purge_takes_are_not_there_to_be_chosen():
    """100 sessions of 2 decisions, 20 of them purged: 160 can be had, and not one more."""
    pool = pool_of([0.3, 0.4, 0.3], days=DAYS[:100])
    found = select(pool, 160, 0.9, 20, np.random.default_rng(0))
    assert {name: len(chosen) for name, chosen in found.chosen.items()} == {TRAIN: 144, EVAL: 16}
    with pytest.raises(DataError, match="20 sessions purged"):
        select(pool, 161, 0.9, 20, np.random.default_rng(0))


@pytest.mark.parametrize("ratio", [0.5, 0.8, 0.95])
def test_the_dates_are_parted_by_the_ratio(ratio):
    split = split_by_time(DAYS, {TRAIN: 1, EVAL: 1}, ratio, 10)
    before, after = sum(day <= split.train_end for day in DAYS), sum(day >= split.eval_start for day in DAYS)
    assert before / (before + after) == pytest.approx(ratio, abs=0.001)


def test_decisions_that_trade_are_taken_before_those_that_change_nothing():
    """One decision in ten gives an order; among the chosen nearly half do, as far as they reach."""
    pool = pool_of([0.3, 0.4, 0.3])
    chosen = select(pool, 600, 0.9, 20, np.random.default_rng(1)).chosen["train"]
    for action in range(3):
        mine = chosen[pool.actions[chosen] == action]
        inside = (pool.actions == action) & (pool.dates <= max(pool.dates[chosen].tolist()))
        available = int((inside & pool.trading).sum())
        assert int(pool.trading[mine].sum()) >= min(len(mine) // 2, available) - 3
        assert pool.trading[mine].mean() > 2 * pool.trading.mean()
