"""How loss and profit relate over a training run, and the reports that say so."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, spearmanr

from tradeproof.forecasting.loss_and_profit import effective_count, loss_and_profit, loss_and_profit_plot
from tradeproof.forecasting.reports import Reports, progress_report


def curve_of(losses, profits):
    steps = np.arange(len(losses)) * 100
    return pd.DataFrame({"step": steps, "eval/loss": losses, "profit/total_return": profits})


def independent(count, seed):
    return np.random.default_rng(seed).normal(size=count)


def test_the_correlation_is_spearman_s():
    losses, profits = independent(30, 0), independent(30, 1).round(1)  # with ties
    found = loss_and_profit(curve_of(losses, profits))
    assert found.correlation == pytest.approx(spearmanr(losses, profits).statistic)
    assert found.low < found.correlation < found.high


def test_the_interval_of_measurements_without_a_shared_memory_is_bonett_and_wright_s():
    """One series jumps and one climbs, so all 8 count; differences of ranks 0 6 1 3 2 0 3 3, squares adding to 68."""
    found = loss_and_profit(curve_of([1, 8, 2, 7, 3, 6, 4, 5], [1, 2, 3, 4, 5, 6, 7, 8]))
    r = 1 - 6 * 68 / (8 * 63)
    assert found.correlation == pytest.approx(r)
    reach = 1.6448536 * math.sqrt((1 + r**2 / 2) / (8 - 3))
    assert found.low == pytest.approx(math.tanh(math.atanh(r) - reach))
    assert found.high == pytest.approx(math.tanh(math.atanh(r) + reach))


def test_series_that_remember_are_worth_fewer_measurements():
    """Lag-1 autocorrelations of 0.8 both: (1 - 0.64) / (1 + 0.64) of the count."""
    steps, count = np.random.default_rng(0).normal(size=(2, 20_000)), 20_000
    series = np.zeros((2, count))
    for place in range(1, count):
        series[:, place] = 0.8 * series[:, place - 1] + steps[:, place]
    assert effective_count(*series) == pytest.approx(count * 0.36 / 1.64, rel=0.1)
    assert effective_count(*steps) == pytest.approx(count, rel=0.05)
    alternating = np.where(np.arange(30) % 2, 1.0, -1.0)
    assert effective_count(alternating, np.arange(30.0)) == 30.0  # never more than there are


@pytest.mark.parametrize("memory", [0.0, 0.6, 0.9])
def test_two_series_that_have_nothing_to_do_with_each_other_are_seldom_related(memory):
    """At 90 % confidence a tenth of the claims would be false; a naive interval makes a third or more at memory 0.9."""
    generator = np.random.default_rng(7)
    claims, naive = 0, 0
    for _ in range(300):
        series = generator.normal(size=(2, 30))
        for place in range(1, 30):
            series[:, place] += memory * series[:, place - 1]
        found = loss_and_profit(curve_of(*series))
        claims += found.low > 0.0 or found.high < 0.0
        error = norm.ppf(0.95) * math.sqrt((1 + found.correlation**2 / 2) / 27)
        naive += abs(math.atanh(found.correlation)) > error
    assert claims / 300 < 0.15
    if memory == 0.9:
        assert naive / 300 > 0.3


@pytest.mark.parametrize(
    ("sign", "noise", "expected"),
    [
        (-1.0, 0.3, "Lower loss did mean more profit here: rank correlation of validation loss and total return -0."),
        (1.0, 0.3, "Lower loss did not mean more profit here, it meant less: rank correlation"),
        (-1.0, 30.0, "Whether lower loss meant more profit here cannot be told: rank correlation"),
    ],
)
def test_the_sentence_has_three_outcomes(sign, noise, expected):
    losses = independent(40, 3)
    found = loss_and_profit(curve_of(losses, sign * losses + noise * independent(40, 4)))
    assert found.sentence.startswith(expected)
    assert "90% interval" in found.sentence
    assert "40 measurements" in found.sentence


@pytest.mark.parametrize(
    ("losses", "profits", "expected"),
    [
        ([3.0, 2.0], [1.0, 2.0], "cannot be told: 2 measurements, expected at least 8"),
        (
            [3.0, 2.0, 1.0, 0.5],
            [0.0] * 4,
            "cannot be told: 4 measurements, and the loss or the total return never changed",
        ),
        ([3.0, 2.0, 1.0, 0.5], [1.0, 2.0, 3.0, 4.0], "-1.00 over 4 measurements, expected at least 8"),
    ],
)
def test_too_little_to_go_by_is_said_and_never_claimed(losses, profits, expected):
    found = loss_and_profit(curve_of(losses, profits))
    assert expected in found.sentence
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_two_straight_trends_are_one_finding_and_not_many():
    found = loss_and_profit(curve_of(np.linspace(2, 1, 12), np.linspace(0, 1, 12)))
    assert (found.correlation, found.low, found.high) == (-1.0, -1.0, 1.0)
    assert "cannot be told" in found.sentence


def test_the_plot_is_a_png_with_the_same_bytes_each_time():
    curve = curve_of(independent(12, 0), independent(12, 1))
    first, second = loss_and_profit_plot(curve), loss_and_profit_plot(curve)
    assert first.startswith(b"\x89PNG")
    assert first == second
    assert first != loss_and_profit_plot(curve.assign(**{"eval/loss": independent(12, 2)}))


def row(step, loss, earned):
    held = {"total_return": 0.2, "sharpe_ratio": 1.5, "max_drawdown": 0.1, "total_trades": 1.0}
    return {
        "step": float(step),
        "train/loss": loss + 0.01,
        "eval/loss": loss,
        "eval/skill_1": 0.031,
        "eval/skill_20": -0.004,
        "profit/total_return": earned,
        "profit/sharpe_ratio": 0.75,
        "profit/win_rate": math.nan,
        "profit/max_drawdown": 0.05,
        "profit/total_trades": 12.0,
        **{f"profit/buy_and_hold_{name}": value for name, value in held.items()},
    }


def test_a_report_holds_the_loss_the_skill_and_five_figures_beside_buy_and_hold():
    text = progress_report("toy: step 200 of 300", [row(0, 0.30, 0.0), row(100, 0.28, 0.01), row(200, 0.29, 0.0123)])
    lines = text.splitlines()
    assert lines[0] == "toy: step 200 of 300"
    assert "validation loss 0.29000 (step 200), at the start 0.30000, lowest 0.28000 at step 100" in lines[1]
    assert "3.10 % at 1 bar, -0.40 % at 20 bars" in lines[2]
    figures = {line[:30].strip(): line[30:].split() for line in lines[4:9]}
    assert figures == {
        "total return": ["1.23", "%", "20.00", "%"],
        "Sharpe ratio": ["0.75", "1.5"],
        "win rate": ["undefined", "undefined"],
        "max drawdown": ["5.00", "%", "10.00", "%"],
        "trades": ["12", "1"],
    }
    assert "cannot be told" in lines[9]


def test_reports_come_at_their_steps_and_a_resumed_run_s_log_is_the_same(tmp_path, capfd):
    rows = [row(0, 0.30, 0.0), row(4, 0.28, 0.01), row(8, 0.29, 0.02), row(12, 0.27, 0.03)]

    def walk(reports, start):
        for step in range(start, 13):
            known = [one for one in rows if one["step"] <= step]
            if known[-1]["step"] == step:
                reports.measured(known)
            reports.reached(step, known)
        reports.conclude(rows, "The end.")

    straight = Reports("toy", 12, 6, tmp_path / "logs" / "straight.log")
    walk(straight, 0)
    shown = capfd.readouterr().err
    assert shown.count("toy: step 6 of 12") == shown.count("toy: step 12 of 12") == 1
    resumed = Reports("toy", 12, 6, tmp_path / "logs" / "resumed.log")
    resumed.replay(8, rows[:3])
    assert capfd.readouterr().err == ""  # what was said before is not said again
    walk(resumed, 9)
    text = (tmp_path / "logs" / "straight.log").read_text()
    assert (tmp_path / "logs" / "resumed.log").read_text() == text
    assert text.rstrip().endswith("The end.")
    assert text.count("toy 8/12 | ") == 1
