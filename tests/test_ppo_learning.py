"""The trader learns what can be known within the default budget, and earns nothing where nothing can be known."""

import importlib.util

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def learning(repository):
    spec = importlib.util.spec_from_file_location("policy_learning", repository / "benchmarks" / "policy_learning.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("costs", [False, True])
def test_a_trader_that_is_shown_the_next_return_gets_nine_tenths_of_the_oracles_growth(learning, params, costs):
    found = learning.cheat(params, 11, costs)
    assert found.oracle > 0.3
    assert found.oracle <= found.foresight * 1.02
    assert found.policy >= 0.9 * found.oracle


def test_where_there_is_no_edge_the_trader_does_not_beat_cash_by_more_than_chance(learning, params):
    growths = [learning.no_edge(params, 100 + place, costs=True) for place in range(6)]
    chance = learning.chance(growths)
    assert chance["binomial_p"] > learning.SIGNIFICANT
    assert chance["t_test_p"] > learning.SIGNIFICANT


def test_six_winners_of_six_would_be_more_than_chance(learning):
    assert learning.chance([0.01, 0.02, 0.03, 0.01, 0.02, 0.03])["binomial_p"] == pytest.approx(1 / 64)
