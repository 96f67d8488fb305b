"""A rollout is what the simulator makes of the policy's orders, and knows nothing of the future."""

from dataclasses import replace

import numpy as np
import pytest

from small_policies import RULES, policy_of
from toy_market import table_of, toy_contract
from tradeproof.agents.actor import Actor
from tradeproof.agents.lookahead import lookahead_of_observations
from tradeproof.agents.rollout import orders_of, roll_out
from tradeproof.data.bars import PRICE_COLUMNS
from tradeproof.envs.observation import ACTIONS, BUY, HOLD, SELL, Observations
from tradeproof.errors import ContractError, DataError, LookaheadError
from tradeproof.features.contract import feature_contract
from tradeproof.features.leaks import raise_if_leaking
from tradeproof.market.account import simulate
from tradeproof.market.prices import PriceArrays

SHORT = replace(RULES, long_short=True)
STOPPED = replace(SHORT, stop_loss=0.03, take_profit=0.05, max_position_size=0.8)


def toy_policy(params, rules=RULES, seed=1):
    return policy_of(params, seed, spread=1.0, features=toy_contract(params), rules=rules)


def with_gaps(table):
    """A table on which some bars in the middle allow no decision."""
    table = table.copy()
    gaps = np.random.default_rng(5).random(len(table)) < 0.1
    table.loc[gaps, "ready"] = False
    table.loc[gaps, ["signal", "noise"]] = np.nan
    return table


def tables_of():
    return {"AAA": table_of(400, 0), "BBB": with_gaps(table_of(300, 1, "BBB")), "CCC": table_of(60, 2, "CCC")}


@pytest.mark.parametrize("rules", [RULES, SHORT, STOPPED])
def test_the_simulator_makes_the_same_of_the_orders(params, rules):
    """Stepped bar by bar with the observation in the loop, or replayed at once: one account."""
    tables = tables_of()
    for decisions, (ticker, table) in zip(roll_out(toy_policy(params, rules), tables), tables.items(), strict=True):
        assert decisions.ticker == ticker
        assert decisions.rows.tolist() == np.flatnonzero(table["ready"]).tolist()
        prices = PriceArrays(*(table[name].to_numpy()[:, None] for name in PRICE_COLUMNS))
        targets = np.full((len(table), 1), np.nan)
        targets[decisions.rows, 0] = decisions.targets
        simulation = simulate(prices, targets, rules)
        assert np.isfinite(decisions.targets).sum() > 5
        assert decisions.equity == pytest.approx(simulation.equity[:, 0], rel=1e-12)
        rows = decisions.rows
        assert decisions.equity_at_decision == pytest.approx(simulation.equity[rows, 0], rel=1e-12)
        assert decisions.cash == pytest.approx(simulation.cash[rows, 0], rel=1e-12, abs=1e-8)
        assert decisions.shares == pytest.approx(simulation.shares[rows, 0], rel=1e-12)


def test_every_decision_is_the_policys_own_on_what_stands_beside_it(params):
    policy = toy_policy(params, SHORT)
    for decisions in roll_out(policy, tables_of()):
        observations = Observations(decisions.observations, policy.observation.hash)
        assert (policy.actions(observations) == decisions.actions).all()
        assert policy.logits(observations) == pytest.approx(decisions.logits, abs=1e-12)
        state = dict(zip(policy.observation.names[-4:], decisions.observations[:, -4:].T, strict=True))
        assert state["position"] == pytest.approx(decisions.weights, abs=1e-6)
        assert state["bars_held"] == pytest.approx(np.log1p(decisions.bars_held), abs=1e-6)
        assert (np.sign(state["position"]) == decisions.sides).all()
        assert (np.isnan(decisions.entry_prices) == (decisions.sides == 0)).all()
        assert (decisions.bars_held[decisions.sides == 0] == 0).all()
        assert len(set(decisions.actions.tolist())) > 1


def test_tickers_do_not_share_an_account(params):
    policy, tables = toy_policy(params), tables_of()
    together = roll_out(policy, tables)
    for decisions in together:
        (alone,) = roll_out(policy, {decisions.ticker: tables[decisions.ticker]})
        assert (alone.actions == decisions.actions).all()
        assert (alone.observations == decisions.observations).all()
        assert (alone.equity == decisions.equity).all()


def test_a_policy_that_follows_the_signal_is_long_on_the_bar_after_it_by_hand(params):
    """Buys at signal 1, sells at -1: held at the close of t + 1 what the signal said at t."""
    policy = toy_policy(params)
    weights = np.zeros((3, policy.observation.width))
    weights[BUY, 0], weights[SELL, 0] = 1.0, -1.0
    policy.__dict__["actor"] = Actor(None, None, (weights,), (np.zeros(3),), "tanh")
    table = table_of(100)
    (decisions,) = roll_out(policy, {"AAA": table})
    signal = table["signal"].to_numpy()[decisions.rows]
    assert (decisions.actions == np.where(signal > 0, BUY, SELL)).all()
    assert (decisions.sides[1:] == (signal[:-1] > 0)).all()
    first = int(decisions.rows[0])
    assert (decisions.equity[: first + 1] == RULES.initial_capital).all()


def test_orders_by_hand():
    actions = np.array([SELL, HOLD, BUY] * 3)
    shares = np.repeat([-5.0, 0.0, 5.0], 3)
    none = np.nan
    long_only, both = orders_of(actions, shares, RULES), orders_of(actions, shares, STOPPED)
    assert long_only[3:].tolist() == pytest.approx([none, none, 1.0, 0.0, none, none], nan_ok=True)
    expected = [none, none, 0.8, -0.8, none, 0.8, -0.8, none, none]
    assert both.tolist() == pytest.approx(expected, nan_ok=True)
    assert ACTIONS == ("sell", "hold", "buy")


def test_a_ruined_account_decides_nothing_more(params):
    """Short from the second bar on; the close trebles and the account is covered at its ruin."""
    policy = toy_policy(params, SHORT)
    weights = np.zeros((3, policy.observation.width))
    policy.__dict__["actor"] = Actor(None, None, (weights,), (np.array([1.0, 0.0, 0.0]),), "tanh")
    table = table_of(60)
    after = np.arange(len(table)) >= 40
    table.loc[after, list(PRICE_COLUMNS)] *= 3.0
    (decisions,) = roll_out(policy, {"AAA": table})
    assert decisions.rows.tolist() == list(range(20, 40))
    assert (decisions.equity[40:] == decisions.equity[40]).all()
    assert decisions.equity[40] <= 0.0


def test_observations_know_nothing_of_the_future(params, random_bars):
    """Raw bars in; features, the account's state and the logits out."""
    bars = random_bars(700)
    policy = policy_of(params, features=feature_contract(params.build_features), rules=STOPPED)
    (report,) = lookahead_of_observations(bars, policy, 3, 7)
    raise_if_leaking([report])
    assert report.subject == "observations of AAA"
    assert set(policy.observation.names) < set(report.columns)
    assert {"position", "unrealised_return", "drawdown", "logit_buy"}.isdisjoint(report.unmoved)


def test_a_policy_with_a_look_into_the_future_is_found(params, random_bars, monkeypatch):
    from tradeproof.agents import lookahead

    honest = lookahead.build_table

    def leaky(bars, windows):
        table = honest(bars, windows)
        table["return_1"] = table["return_1"].shift(-1).where(table["ready"], table["return_1"]).fillna(0.0)
        return table

    monkeypatch.setattr(lookahead, "build_table", leaky)
    policy = policy_of(params, features=feature_contract(params.build_features))
    (report,) = lookahead_of_observations(random_bars(700), policy, 3, 7)
    assert {"return_1", "logit_buy"} <= {leak.column for leak in report.leaks}


def test_too_short_a_history_and_other_features_are_refused(params, random_bars):
    policy = toy_policy(params)
    with pytest.raises(DataError, match="AAA has 1 bars with all features"):
        roll_out(policy, {"AAA": table_of(21)})
    with pytest.raises(ContractError, match="AAA"):
        roll_out(policy, {"AAA": table_of(100).drop(columns=["noise"])})
    with pytest.raises(LookaheadError, match="bars have all features"):
        lookahead_of_observations(random_bars(100), policy_of(params), 3, 7)
