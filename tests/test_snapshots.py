"""Snapshots tell what the bars and the account tell: every reading is computed again from raw prices."""

import numpy as np
import pytest
import talib

from explained_market import Quiet, bars_of, close_to, decided, trader
from tradeproof.agents.attribution import attribute
from tradeproof.agents.ranges import candidates
from tradeproof.agents.snapshots import snapshots_at
from tradeproof.envs.observation import Observations
from tradeproof.explanations.decided import DecidedBars, Exits, Reasons
from tradeproof.explanations.facts import Counterfactual, Snapshot
from tradeproof.explanations.quantities import quantity, spoken_key
from tradeproof.explanations.readings import account_columns, market_columns, record_columns
from tradeproof.explanations.snapshots import orders_of, snapshots
from tradeproof.explanations.states import state_columns, states_of
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.market.account import simulate
from tradeproof.market.positions import ACTIONS
from tradeproof.market.prices import PriceArrays


@pytest.fixture(scope="module", params=[False, True], ids=["long only", "long and short"])
def market(request, params):
    """Everything about two tickers, and the snapshots of all decisions, with reasons for every tenth."""
    policy = trader(params, seed=5, long_short=request.param)
    tables, decisions, universe = decided(params, policy, bars_of(params, 620, ("AAA", "BBB")))
    movable = candidates(policy, tables, params.split.train_end)
    shown = {(ticker, n) for ticker, own in decisions.items() for n in range(len(own.rows))}
    explained = {place for place in shown if place[1] % 10 == 0}
    found = snapshots_at(policy, tables, decisions, universe, movable, explained, shown, 2, Quiet())
    return policy, tables, decisions, universe, found, explained


def flat_account(**changes):
    """Three decisions of an account that holds nothing, with changes."""
    given = {
        "rows": np.arange(3), "actions": np.ones(3, np.int64), "probabilities": np.full((3, 3), 1 / 3),
        "targets": np.full(3, np.nan), "positions": np.zeros(3), "entry_price": np.full(3, np.nan),
        "bars_held": np.zeros(3), "equity": np.full(3, 1e4), "drawdown": np.zeros(3),
    }  # fmt: skip
    return DecidedBars("AAA", **{**given, **changes})


def readings_again(bars, at):
    """What the prices of some bars tell at one of them, by the textbook and with no help from the product."""
    known = bars.iloc[: at + 1]
    close, high, low, volume = (known[name].to_numpy() for name in ("close", "high", "low", "volume"))
    returns = np.diff(np.log(close))
    upper, middle, _ = talib.BBANDS(close, 20, 2.0, 2.0)
    atr = talib.ATR(high, low, close, 14)[-1]
    found = {
        "close": close[-1],
        "rsi_14": talib.RSI(close, 14)[-1],
        "macd_histogram_12_26_9": talib.MACD(close, 12, 26, 9)[2][-1] / atr,
        "bollinger_position_20": (close[-1] - middle[-1]) / (upper[-1] - middle[-1]),
        "volatility_level": 100 * returns[-20:].std(ddof=1) * np.sqrt(252),
        "volatility_regime_250": returns[-20:].std(ddof=1) / returns[-250:].std(ddof=1),
        "volume_ratio_20": volume[-1] / volume[-20:].mean(),
        "high_distance_20": 100 * (close[-1] / high[-20:].max() - 1),
        "low_distance_20": 100 * (close[-1] / low[-20:].min() - 1),
        "drawdown_250": 100 * (1 - close[-1] / close[-250:].max()),
    }
    found |= {f"return_{n}": 100 * (close[-1] / close[-1 - n] - 1) for n in (1, 5, 20, 60)}
    for n in (20, 50, 200):
        found |= {f"average_{n}": close[-n:].mean(), f"average_distance_{n}": 100 * (close[-1] / close[-n:].mean() - 1)}
    return found


def test_every_reading_of_the_bars_is_the_textbooks(market):
    _, tables, decisions, _, found, _ = market
    compared = 0
    for ticker, own in decisions.items():
        for n in range(0, len(own.rows), 23):
            shown = found[ticker, n].readings
            for key, value in readings_again(tables[ticker], own.rows[n]).items():
                assert close_to(shown[key], value, quantity(key).places(value)), (ticker, n, key)
                compared += 1
    assert compared > 500


def test_the_account_is_that_of_the_simulator(market):
    """Equity, drawdown and position at each decision, traded again from the orders alone."""
    policy, tables, decisions, _, found, _ = market
    for ticker, own in decisions.items():
        table = tables[ticker]
        wishes = np.full((len(table), 1), np.nan)
        wishes[own.rows, 0] = own.targets
        prices = PriceArrays(*(table[[name]].to_numpy() for name in ("open", "high", "low", "close")))
        equity = simulate(prices, wishes, policy.rules).equity[:, 0]
        drawdown = 100 * (1 - equity / np.maximum.accumulate(equity))
        for n in range(0, len(own.rows), 7):
            shown, row = found[ticker, n].readings, own.rows[n]
            assert close_to(shown["account_drawdown"], drawdown[row], 2)
            assert close_to(shown["position"], 100 * own.shares[n] * table["close"].iloc[row] / equity[row], 1)
            if own.shares[n] != 0.0:
                gain = np.sign(own.shares[n]) * (table["close"].iloc[row] / own.entry_prices[n] - 1)
                assert close_to(shown["unrealised_return"], 100 * gain, 2)
            else:
                assert not {"entry_price", "unrealised_return", "bars_held", "stop_price"} & set(shown)


def test_a_short_position_gains_as_the_price_falls_and_is_stopped_above():
    account = flat_account(
        positions=np.array([-0.3, 0.3, 0.0]),
        entry_price=np.array([100.0, 100.0, np.nan]),
        bars_held=np.array([4, 2, 0]),
    )
    shown = account_columns(account, np.array([96.0, 96.0, 96.0]), Exits(0.02, 0.05))
    np.testing.assert_array_equal(shown["unrealised_return"], [4.0, -4.0, np.nan])
    np.testing.assert_array_equal(shown["stop_price"], [102.0, 98.0, np.nan])
    np.testing.assert_array_equal(shown["take_profit_price"], [95.0, 105.0, np.nan])
    np.testing.assert_array_equal(shown["stop_loss"], [2.0, 2.0, np.nan])
    np.testing.assert_array_equal(shown["bars_held"], [4.0, 2.0, np.nan])


def test_an_ordered_position_shows_the_distance_of_its_stop_and_no_price_of_it():
    account = flat_account(targets=np.array([0.3, np.nan, 0.0]), positions=np.array([0.0, 0.0, 0.3]))
    shown = account_columns(account, np.full(3, 50.0), Exits(0.02, None))
    np.testing.assert_array_equal(shown["stop_loss"], [2.0, np.nan, np.nan])
    assert np.isnan(shown["stop_price"]).all()
    assert "take_profit" not in shown
    np.testing.assert_array_equal(shown["target"], [30.0, 0.0, 0.0])


def test_each_order_is_named_by_what_is_held_and_what_is_wanted():
    held = np.array([0.0, 0.0, 0.0, 0.3, 0.3, 0.3, -0.3, -0.3, -0.3])
    wanted = np.array([np.nan, 0.3, -0.3, np.nan, 0.0, -0.3, np.nan, 0.0, 0.3])
    many = {name: np.zeros(9) for name in ("entry_price", "bars_held", "equity", "drawdown")}
    account = DecidedBars(
        "AAA", np.arange(9), np.zeros(9, np.int64), np.zeros((9, 3)), wanted, held, **many
    )  # fmt: skip
    assert orders_of(account).tolist() == [
        "stay_flat", "open_long", "open_short", "keep_long", "close_long", "reverse_to_short", "keep_short",
        "close_short", "reverse_to_long",
    ]  # fmt: skip


def test_the_record_counts_each_step_under_the_trend_it_began_in():
    """Up, up, down: the third decision knows two steps that began in an uptrend and none that began in its own."""
    account = flat_account(equity=np.array([100.0, 110.0, 99.0]), rows=np.array([5, 6, 9]))
    shown = record_columns(account, np.array([10.0, 12.0, 6.0]), np.array(["up", "up", "down"]))
    np.testing.assert_array_equal(shown["record_bars_up"], [np.nan, 1.0, 4.0])
    np.testing.assert_allclose(shown["record_return_up"], [np.nan, 10.0, -1.0])
    np.testing.assert_allclose(shown["record_market_up"], [np.nan, 20.0, -40.0])
    assert np.isnan(shown["record_bars_down"]).all()


def test_drivers_are_the_weightiest_groups_of_the_attributions(market):
    policy, _, decisions, _, found, explained = market
    kinds = set()
    for ticker, n in sorted(explained)[::3]:
        own, snapshot = decisions[ticker], found[ticker, n]
        seen = Observations(own.observations[[n]], policy.observation.hash)
        weights = {}
        for name, value in zip(
            policy.observation.names, attribute(policy, seen, own.actions[[n]]).values[0], strict=True
        ):
            weights[spoken_key(name)] = weights.get(spoken_key(name), 0.0) + value
        nameable = [key for key in weights if key in snapshot.readings or key in ("weekday", "month")]
        # a reading that is not shown otherwise is shown because it gave a reason
        heaviest = sorted(nameable, key=lambda key: -abs(weights[key]))[:5]
        assert {driver.key for driver in snapshot.drivers} == {key for key in heaviest if abs(weights[key]) >= 0.0051}
        for driver in snapshot.drivers:
            assert driver.attribution == pytest.approx(weights[driver.key], abs=0.00501)
        kinds |= {driver.key for driver in snapshot.drivers}
    assert len(kinds) > 10
    assert all(not found[place].drivers for place in found if place not in explained)


def test_a_counterfactual_makes_the_policy_act_so_and_differs_from_what_was_shown(market):
    policy, tables, decisions, _, found, explained = market
    told = 0
    for ticker, n in sorted(explained):
        other = found[ticker, n].counterfactual
        if other is None:
            continue
        own, row = decisions[ticker], decisions[ticker].rows[n]
        changed = own.observations[[n]].copy()
        place = policy.observation.names.index(other.key)
        volatility = tables[ticker]["volatility"].to_numpy()[[row]]
        changed[0, place] = quantity(other.key).from_display(np.array([other.value]), volatility)[0]
        assert ACTIONS[policy.actions(Observations(changed, policy.observation.hash))[0]] == other.action
        assert other.action != found[ticker, n].action
        assert other.value != found[ticker, n].readings[other.key]
        told += 1
    assert told > 20


def test_snapshots_agree_with_themselves_and_survive_json(market):
    _, _, decisions, _, found, _ = market
    for (ticker, n), snapshot in list(found.items())[::5]:
        assert Snapshot.from_dict(snapshot.to_dict()) == snapshot
        assert dict(snapshot.states) == states_of(snapshot.readings)
        assert snapshot.action == ACTIONS[decisions[ticker].actions[n]]
        probabilities = [snapshot.readings[f"probability_{action}"] for action in ACTIONS]
        assert sum(probabilities) == pytest.approx(100.0, abs=0.15)
        assert probabilities[ACTIONS.index(snapshot.action)] == max(probabilities)
        for key, value in snapshot.readings.items():
            assert value == round(value, quantity(key).places(value))
            assert str(value) != "-0.0"


def test_low_prices_keep_the_digits_that_tell_a_move():
    close = quantity("close")
    np.testing.assert_array_equal(
        close.displayed(np.array([1302.504, 9.87654, 0.0512346, 10.0])), [1302.5, 9.8765, 0.051235, 10.0]
    )
    assert [close.places(value) for value in (1302.5, 9.8765, 0.051235)] == [2, 4, 6]


def test_an_index_that_nobody_trades_has_no_volume_to_speak_of(params, random_bars):
    table = build_table(random_bars(400).assign(volume=0.0), params.build_features)
    rows = np.flatnonzero(table["ready"])
    shown = market_columns(table, feature_contract(params.build_features), rows)
    assert np.isnan(shown["volume_ratio_20"]).all()
    assert np.isnan(shown["volume_trend_5_20"]).all()
    assert np.isfinite(shown["rsi_14"]).all()


def test_a_counterfactual_whose_difference_does_not_show_is_not_told(market):
    _, _, _, universe, _, _ = market
    readings = universe.tickers["AAA"]
    value = float(readings.columns["rsi_14"][4])
    others = tuple(Counterfactual("rsi_14", value + change, "sell", False) for change in (0.0, 0.1))
    places = np.array([4, 4])
    told = snapshots(readings, Reasons(places, ("rsi_14",), np.zeros((2, 1)), others))
    assert [snapshot.counterfactual for snapshot in told] == [None, others[1]]


def test_readings_of_a_decision_do_not_depend_on_which_others_are_asked_for(params, random_bars):
    table = build_table(random_bars(700), params.build_features)
    rows = np.flatnonzero(table["ready"])
    contract = feature_contract(params.build_features)
    whole, parts = market_columns(table, contract, rows), market_columns(table, contract, rows[1::3])
    assert len(whole) > 30
    for key, values in whole.items():
        np.testing.assert_array_equal(values[1::3], parts[key])


def test_states_of_many_bars_are_those_of_each():
    generator = np.random.default_rng(4)
    columns = {
        "close": generator.uniform(90.0, 110.0, 400).round(1),
        "average_20": generator.uniform(90.0, 110.0, 400).round(1),
        "average_50": generator.uniform(95.0, 105.0, 400).round(1),
        "average_200": generator.uniform(95.0, 105.0, 400).round(1),
        "return_1": generator.integers(-1, 2, 400).astype(float),
        "rsi_14": generator.choice([30.0, 70.0, 29.9, 70.1, 50.0], 400),
        "volatility_regime_250": generator.choice([0.8, 1.25, 0.79, 1.26, 1.0], 400),
        "bollinger_position_20": generator.choice([1.0, -1.0, 1.01, -1.01], 400),
        "macd_histogram_12_26_9": generator.integers(-1, 2, 400).astype(float),
        "volume_ratio_20": generator.choice([1.5, 0.67, 1.0], 400),
        "position": generator.integers(-1, 2, 400).astype(float),
    }
    for values in columns.values():
        values[generator.random(400) < 0.05] = np.nan
    words = state_columns(columns, 400)
    for bar in range(400):
        known = {key: values[bar] for key, values in columns.items() if np.isfinite(values[bar])}
        told = {name: str(found[bar]) for name, found in words.items() if found[bar]}
        alone = states_of(known)
        if len([key for key in known if key.startswith("average_")]) < 3:
            alone.pop("trend", None)
            told.pop("trend", None)
        assert told == alone
    assert all(len({*found.tolist()} - {""}) == 3 for found in words.values())
