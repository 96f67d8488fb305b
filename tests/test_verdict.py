"""Figures judged without kindness: what is said of them, and which are not believed."""

import re

import pytest

from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, CASH
from tradeproof.evaluation.plausibility import implausible
from tradeproof.evaluation.verdict import decimal, judge, percent


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
        "The base model did not beat historical volatility as a forecast one bar ahead."
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
    assert "No position was opened." in idle.paragraphs[0].text
    assert "ended where they began" in idle.paragraphs[0].text
    unknown = {f"excess_return_{end}": None for end in ("low", "high")}
    short = judge(_metrics(unknown), ["base"], 1, 0.9)
    assert "too short to say" in short.paragraphs[0].text
    assert "did not beat buy-and-hold" in short.answer


def test_a_trader_is_judged_by_its_money_and_is_no_yardstick():
    metrics = _metrics()
    metrics["test"]["profit"]["ppo"] = _profit(total_return=0.5, excess_return_low=0.01)
    verdict = judge(metrics, ["base"], 1, 0.9, ["ppo"])
    assert verdict.answer.endswith("The PPO trader beat buy-and-hold after costs.")
    assert verdict.paragraphs[1].subject == "PPO trader"
    assert "gained 50.0" in verdict.paragraphs[1].text
    assert "seeds" not in verdict.paragraphs[1].text
    own = {"mean": 0.04, "deviation": 0.01, "lowest": 0.03, "highest": 0.05, "above_zero": 5}
    metrics["test"]["seeds"] = {"ppo": {"count": 5, "profit": {"total_return": own}}}
    told = judge(metrics, ["base"], 1, 0.9, ["ppo"]).paragraphs[1].text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Over 5 seeds the return was 4.0 % ± 1.0 %, from 3.0 % to 5.0 %" in told
    assert "same cap: 8.0" in verdict.paragraphs[-1].text


def test_percent_rounds_to_a_true_minus_and_never_to_minus_zero():
    assert percent(-0.0123) == "\N{MINUS SIGN}1.2\N{NO-BREAK SPACE}%"
    assert percent(-0.0001) == "0.0\N{NO-BREAK SPACE}%"
    assert decimal(-0.004, 2) == "0.00"
