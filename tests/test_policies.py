"""Forecasts and rules traded on the test split: by hand, by law, and judged without kindness."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tradeproof.evaluation.models import evaluate_models
from tradeproof.evaluation.names import BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH, MOMENTUM
from tradeproof.evaluation.plausibility import implausible
from tradeproof.evaluation.policies import compare_policies
from tradeproof.evaluation.verdict import decimal, judge, percent
from tradeproof.features.labels import forward_returns
from tradeproof.features.table import build_table
from tradeproof.market.positions import quantile_column

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
TEST_BARS = 250


@pytest.fixture
def settings(params):
    """Quick intervals, five levels, cheap and stopless trading of whole accounts."""
    return params.model_copy(
        update={
            "evaluate": params.evaluate.model_copy(update={"bootstrap_resamples": 100}),
            "train_base": params.train_base.model_copy(update={"quantiles": LEVELS}),
            "profit": params.profit.model_copy(update={"stop_loss": None, "take_profit": None, "horizon": 1}),
        }
    )


@pytest.fixture
def tables(random_bars):
    return {ticker: random_bars(600, seed=seed, ticker=ticker) for seed, ticker in enumerate(["BBB", "AAA"], start=5)}


def last_bars(tables):
    return {ticker: table.iloc[-TEST_BARS:] for ticker, table in tables.items()}


def frame(tables, means):
    """Forecasts with the given mean per bar and a spread of 1 %, for all bars of all tickers."""
    parts = []
    for ticker, table in tables.items():
        quantiles = {quantile_column(level): means[ticker] + 0.01 * (level - 0.5) for level in LEVELS}
        parts.append(pd.DataFrame({"ticker": ticker, "date": table["date"], "horizon": 1, **quantiles}))
    return pd.concat(parts, ignore_index=True)


def oracle(tables, sign=1.0):
    """The mean is what happens between the next open and the open after it, the trade that a decision leads to."""
    means = {}
    for ticker, table in tables.items():
        moves = forward_returns(table["open"].to_numpy(), [1])[:, 0]
        means[ticker] = sign * np.append(moves[1:], np.nan)
    return frame(tables, means).fillna(0.0)


def random_means(tables, seed):
    rng = np.random.default_rng(seed)
    return frame(tables, {ticker: rng.normal(0, 0.01, len(table)) for ticker, table in tables.items()})


def test_an_oracle_earns_more_than_random_and_random_more_than_an_anti_oracle(tables, settings):
    frames = {"oracle": oracle(tables), "random": random_means(tables, 3), "anti": oracle(tables, -1.0)}
    found = compare_policies(tables, last_bars(tables), frames, settings).pooled
    assert found["oracle"]["total_return"] > found["random"]["total_return"] > found["anti"]["total_return"]
    assert found["oracle"]["excess_return_low"] > 0 > found["anti"]["excess_return_high"]


def test_buy_and_hold_by_hand_from_the_second_open_to_the_last_close(tables, settings):
    found = compare_policies(tables, last_bars(tables), {"random": random_means(tables, 3)}, settings)
    capital = settings.profit.initial_capital
    cost = (1 + settings.costs.slippage) * (1 + settings.costs.commission) - 1  # share of the stock bought
    for name, share in ((BUY_AND_HOLD, 1.0), (BUY_AND_HOLD_CAPPED, settings.profit.max_position_size)):
        value = 0.0
        for table in last_bars(tables).values():
            bought = capital * share / (1 + share * cost)  # the share of what is left after the cost
            value += capital - bought * (1 + cost) + bought * table["close"].iloc[-1] / table["open"].iloc[1]
        assert found.pooled[name]["total_return"] == pytest.approx(value / (2 * capital) - 1)
    first = found.curves[[BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH, "random"]].iloc[0]
    assert (first == 2 * capital).all()


def test_no_bar_before_the_test_split_makes_money_however_it_moved(tables, settings):
    """Prices before the split a hundred times higher, with a crash into it: forecasts and holding earn the same."""
    crashed = {}
    for ticker, table in tables.items():
        scale = np.where(np.arange(len(table)) < len(table) - TEST_BARS, 100.0, 1.0)
        prices = {name: table[name] * scale for name in ("open", "high", "low", "close")}
        crashed[ticker] = table.assign(**prices)
    frames = {"random": random_means(tables, 3)}
    calm = compare_policies(tables, last_bars(tables), frames, settings)
    wild = compare_policies(crashed, last_bars(crashed), frames, settings)
    for name in ("random", BUY_AND_HOLD, BUY_AND_HOLD_CAPPED, CASH):
        assert calm.pooled[name] == wild.pooled[name]
    assert calm.curves[MOMENTUM].tolist() != wild.curves[MOMENTUM].tolist()  # the rules do know the past


def test_what_is_earned_up_to_a_bar_does_not_change_when_the_later_bars_are_cut_off(tables, settings):
    frames = {"random": random_means(tables, 3)}
    whole = compare_policies(tables, last_bars(tables), frames, settings).curves
    shorter = {ticker: table.iloc[:-50] for ticker, table in tables.items()}
    cut = {ticker: table.iloc[-(TEST_BARS - 50) :] for ticker, table in shorter.items()}
    part = compare_policies(shorter, cut, frames, settings).curves
    pd.testing.assert_frame_equal(whole.iloc[: len(part)], part, check_exact=True)


def test_the_pool_is_the_sum_of_accounts_that_trade_as_they_would_alone(tables, settings):
    frames = {"random": random_means(tables, 3)}
    both = compare_policies(tables, last_bars(tables), frames, settings)
    total = 0.0
    for ticker, table in tables.items():
        alone = compare_policies({ticker: table}, last_bars({ticker: table}), frames, settings)
        for name, figures in both.tickers[ticker].items():
            single = {key: alone.pooled[name][key] for key in figures}
            assert figures == pytest.approx(single, nan_ok=True), name
        total = total + alone.curves["random"]
    assert both.curves["random"].to_numpy() == pytest.approx(total.to_numpy())


def test_no_policy_but_full_buy_and_hold_opens_more_than_the_cap(tables, settings):
    always = frame(tables, {ticker: np.full(len(table), 0.01) for ticker, table in tables.items()})
    found = compare_policies(tables, last_bars(tables), {"always": always}, settings)
    assert found.pooled["always"]["total_return"] == pytest.approx(found.pooled[BUY_AND_HOLD_CAPPED]["total_return"])
    assert found.pooled["always"]["excess_return"] == pytest.approx(0.0, abs=1e-12)
    cap = settings.profit.max_position_size
    for name in ("always", BUY_AND_HOLD_CAPPED):
        assert found.pooled[name]["exposure"] == pytest.approx(cap, abs=0.06)
    assert found.pooled[BUY_AND_HOLD]["exposure"] > 0.95
    assert found.pooled[MOMENTUM]["exposure"] < cap + 0.06


def test_tickers_with_days_of_their_own_share_one_curve(tables, settings):
    tables["AAA"] = tables["AAA"].drop(index=[400, 401, 500])
    tables["BBB"] = tables["BBB"].iloc[450:]
    sessions = {ticker: table[table["date"] >= tables["AAA"]["date"].iloc[-200]] for ticker, table in tables.items()}
    found = compare_policies(tables, sessions, {"random": random_means(tables, 3)}, settings)
    dates = sorted({day for part in sessions.values() for day in part["date"]})
    assert found.curves["date"].tolist() == dates
    assert np.isfinite(found.curves.drop(columns="date").to_numpy()).all()


def test_figures_without_a_meaning_are_none_and_the_yardstick_ties_with_itself(tables, settings):
    found = compare_policies(tables, last_bars(tables), {"random": random_means(tables, 3)}, settings).pooled
    assert found[CASH]["total_return"] == 0.0
    assert (found[CASH]["sharpe_ratio"], found[CASH]["win_rate"], found[CASH]["sharpe_ratio_low"]) == (None, None, None)
    ends = [found[BUY_AND_HOLD_CAPPED][f"excess_return{end}"] for end in ("", "_low", "_high")]
    assert ends == [0.0, 0.0, 0.0]
    for figures in found.values():
        assert all(value is None or np.isfinite(value) for value in figures.values())
    sharpe = [found["random"][f"sharpe_ratio{end}"] for end in ("_low", "", "_high")]
    assert sharpe == sorted(sharpe)


def _profit(**changes):
    plain = {
        "total_trades": 30,
        "sharpe_ratio": 1.0,
        "max_drawdown": 0.1,
        "win_rate": 0.5,
        "total_return": 0.1,
        "excess_return": 0.01,
        "excess_return_low": -0.01,
        "excess_return_high": 0.03,
        "sharpe_difference_low": -0.5,
        "sharpe_difference_high": 0.5,
    }
    return {**plain, **changes}


def _forecast(**changes):
    plain = {"bars": 2500, "directional_accuracy": 0.52, "up_share": 0.53, "rank_ic": 0.02, "rank_ic_t": 1.0}
    plain |= {"coverage_50": 0.51, "coverage_90": 0.89}
    for key in ("skill", "skill_over_garch_t", "skill_over_har", "skill_over_lightgbm"):
        plain |= {key: 0.01, f"{key}_low": -0.01, f"{key}_high": 0.02}
    return {**plain, **changes}


def _seeded(count=3, crps=(0.010, 0.011), profitable=2):
    """Figures over seeds, as in metrics.json."""

    def spread(mean, deviation, above_zero=3):
        return {"mean": mean, "deviation": deviation, "lowest": None, "highest": None, "above_zero": above_zero}

    loss = {**spread(0.0105, 0.0005), "lowest": crps[0], "highest": crps[1]}
    profit = {"total_return": spread(-0.03, 0.011, profitable), "excess_return": spread(-0.02, 0.01, 0)}
    return {"count": count, "forecast": {"h1": {"crps": loss, "skill": spread(0.021, 0.004)}}, "profit": profit}


def _metrics(profit=None, forecast=None, models=("base",), seeds=None):
    return {
        "test": {
            "profit": {
                **{name: _profit(**(profit or {})) for name in models},
                BUY_AND_HOLD_CAPPED: _profit(total_return=0.08),
                CASH: _profit(total_return=0.0, sharpe_ratio=None, win_rate=None, total_trades=0, max_drawdown=0.0),
            },
            "forecast": {name: {"h1": _forecast(**(forecast or {}))} for name in models},
            "seeds": seeds or {},
        },
        "tickers": {"AAA": {"profit": {name: _profit() for name in models}}},
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"profit": {"sharpe_ratio": 4.2}}, "Sharpe ratio of 4.20 is implausible"),
        ({"profit": {"max_drawdown": 0.001}}, "drawdown of 0.10 % after 30 trades is implausible"),
        ({"profit": {"win_rate": 0.8}}, "win rate of 80 % over 30 trades is implausible"),
        ({"forecast": {"directional_accuracy": 0.56}}, "right in 56.0 % of 2500 cases.*a leak until shown otherwise"),
        ({"forecast": {"rank_ic": 0.07}}, "rank correlation.*is 0.070.*a leak until shown otherwise.*its t is 1.0"),
        ({"seeds": {"base": _seeded(crps=(0.01, 0.01))}}, "all 3 seeds have the same error to the last digit"),
        ({"seeds": {"base": _seeded(profitable=1)}}, "only 1 of 3 seeds has a profit. What one seed has alone is luck"),
    ],
)
def test_each_implausible_figure_is_named_once_and_the_model_with_it(changes, words):
    found = implausible(_metrics(**changes))
    assert len(found) == 1
    assert found[0].startswith("Base model: ")
    assert re.search(words, found[0])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"profit": {"max_drawdown": 0.001, "total_trades": 3}},
        {"profit": {"win_rate": 1.0, "total_trades": 3}},
        {"forecast": {"directional_accuracy": 0.56, "up_share": 0.56}},
        {"forecast": {"directional_accuracy": None, "up_share": None, "rank_ic": None}},
        {"profit": {"sharpe_ratio": None, "win_rate": None}},
    ],
)
def test_plain_figures_few_trades_and_a_rising_market_raise_no_alarm(changes):
    assert implausible(_metrics(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"skill": 0.16, "skill_low": 0.1}, "a CRPS 16.0 % below that of historical volatility is implausible"),
        ({"coverage_50": 0.39}, "39.0 % of the outcomes lay inside the central 50 %"),
        ({"coverage_90": 1.0, "coverage_50": 0.61}, "61.0 % of the outcomes lay inside the central 50 %"),
    ],
)
def test_a_distribution_that_is_too_good_or_plainly_wrong_is_named_with_its_horizon(changes, words):
    found = implausible(_metrics(forecast=changes))
    assert len(found) == 1
    assert found[0].startswith("Base model, 1 bar(s) ahead: ")
    assert words in found[0]


def test_coverage_that_few_outcomes_could_miss_by_chance_raises_no_alarm():
    """100 outcomes of 20 bars each are worth five: 30 points off is nothing to them."""
    metrics = _metrics()
    metrics["test"]["forecast"]["base"]["h20"] = _forecast(bars=100, coverage_50=0.8)
    assert implausible(metrics) == []


def test_an_implausible_figure_of_one_ticker_names_the_ticker():
    metrics = _metrics()
    metrics["tickers"]["AAA"]["profit"]["base"]["sharpe_ratio"] = 5.0
    assert [line.partition(":")[0] for line in implausible(metrics)] == ["Base model on AAA"]


def test_a_gain_whose_interval_holds_zero_is_not_called_a_success():
    verdict = judge(_metrics(), ["base"], 1, 0.9)
    assert verdict.answer == (
        "The base model did not beat buy-and-hold after costs. "
        "The base model did not beat historical volatility as a forecast."
    )
    text = verdict.paragraphs[0].text.replace("\N{NO-BREAK SPACE}", " ")
    assert "gained 10.0 %; buy-and-hold with the same position cap gained 8.0 %" in text
    assert f"1.0 % a year more (90 % interval {decimal(-1, 1)} % to 3.0 %), which may be chance." in text
    assert "not clearly better or worse than GARCH(1,1)-t" in text
    assert "Sharpe" not in text


def test_the_spread_over_seeds_is_told_and_one_seed_has_none():
    text = judge(_metrics(seeds={"base": _seeded()}), ["base"], 1, 0.9).paragraphs[0].text
    told = f"Over 3 seeds the skill was 2.1 % ± 0.4 %, the return {decimal(-3.0, 1)} % ± 1.1 %."
    assert text.replace("\N{NO-BREAK SPACE}", " ").endswith(told)
    assert "seeds" not in judge(_metrics(seeds={"base": _seeded(count=1)}), ["base"], 1, 0.9).paragraphs[0].text
    assert "seeds" not in judge(_metrics(), ["base"], 1, 0.9).paragraphs[0].text


def test_a_mean_over_seeds_is_no_yardstick_to_lose_against():
    metrics = _metrics()
    metrics["test"]["profit"]["base_ensemble"] = _profit(total_return=0.5)
    assert "same cap: 8.0" in judge(metrics, ["base"], 1, 0.9).paragraphs[-1].text


def test_a_gain_above_its_interval_is_called_one_and_only_for_its_model():
    clear = {"excess_return_low": 0.005, "sharpe_difference_low": 0.1}
    metrics = _metrics(models=("base", "finetuned"))
    metrics["test"]["profit"]["base"] = _profit(**clear)
    verdict = judge(metrics, ["base", "finetuned"], 1, 0.9)
    assert verdict.answer.startswith(
        "Only the base model beat buy-and-hold after costs. No price model beat historical"
    )
    assert "which may be chance" not in verdict.paragraphs[0].text.partition("The forecasts")[0]
    assert "Per unit of risk they did better" in verdict.paragraphs[0].text


def test_a_loss_is_told_with_its_interval_turned_to_its_side():
    worse = {"excess_return": -0.02, "excess_return_low": -0.03, "excess_return_high": -0.01, "total_return": -0.05}
    behind = {"skill": -0.02, "skill_low": -0.03, "skill_high": -0.01, "skill_over_garch_t_high": -0.001}
    text = judge(_metrics(worse, behind), ["base"], 1, 0.9).paragraphs[0].text.replace("\N{NO-BREAK SPACE}", " ")
    assert "the accounts lost 5.0 %" in text
    assert "2.0 % a year less (90 % interval 1.0 % to 3.0 %)." in text
    assert (
        "2.0 % above that of historical volatility (90 % interval 1.0 % to 3.0 %). They were worse than GARCH" in text
    )


def test_a_model_that_never_traded_or_has_no_interval_is_told_so():
    idle = judge(_metrics({"total_trades": 0, "total_return": 0.0}), ["base"], 1, 0.9)
    assert "No forecast was sure enough to open a position." in idle.paragraphs[0].text
    assert "ended where they began" in idle.paragraphs[0].text
    unknown = {f"excess_return_{end}": None for end in ("low", "high")}
    short = judge(_metrics(unknown), ["base"], 1, 0.9)
    assert "too short to say" in short.paragraphs[0].text
    assert "did not beat buy-and-hold" in short.answer


def test_percent_rounds_to_a_true_minus_and_never_to_minus_zero():
    assert percent(-0.0123) == "\N{MINUS SIGN}1.2\N{NO-BREAK SPACE}%"
    assert percent(-0.0001) == "0.0\N{NO-BREAK SPACE}%"
    assert decimal(-0.004, 2) == "0.00"


def test_the_split_of_the_params_is_the_first_day_traded(random_bars, params, settings):
    """Through the front door: the first date of the curves is the first bar after validation_end."""
    table = build_table(random_bars(1000, seed=2), params.build_features)
    changed = settings.model_copy(
        update={
            "split": settings.split.model_copy(
                update={"train_end": date(2012, 12, 31), "validation_end": date(2013, 3, 29)}
            ),
            "train_base": settings.train_base.model_copy(update={"tickers": ["AAA"], "horizons": [1]}),
            "evaluate": settings.evaluate.model_copy(update={"lightgbm_rounds": 2}),
        }
    )
    found = evaluate_models({"AAA": table}, {"base": random_means({"AAA": table}, 1)}, changed)
    assert found.curves["date"].iloc[0] == pd.Timestamp("2013-04-01")
    assert found.curves["date"].iloc[-1] == table["date"].iloc[-1]
