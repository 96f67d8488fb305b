"""Training of price models: what is learned, and that the same in gives the same out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm

from toy_market import (
    SPLIT,
    KilledError,
    killed_at,
    same_weights,
    silent,
    table_of,
    tiny_params,
    toy_contract,
    tuned,
)
from tradeproof.errors import ContractError, TradeproofError
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.forecasting.dataset import feature_moments, supervise
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import finetune_forecaster, train_base_forecaster

METRICS = {
    "eval/loss",
    "eval/skill_1",
    "eval/skill_5",
    "eval/calibration_error",
    "profit/total_return",
    "profit/sharpe_ratio",
    "profit/win_rate",
    "profit/max_drawdown",
    "profit/total_trades",
    "profit/buy_and_hold_total_return",
    "profit/buy_and_hold_sharpe_ratio",
    "profit/buy_and_hold_max_drawdown",
    "profit/buy_and_hold_total_trades",
}
RELATION = {"profit/loss_correlation", "profit/loss_correlation_low", "profit/loss_correlation_high"}


@pytest.fixture(scope="module")
def contract(params):
    return toy_contract(params)


@pytest.fixture(scope="module")
def tiny(params):
    return tiny_params(params)


@pytest.fixture(scope="module")
def trained(contract, tiny):
    """A model of the toy market, and what was logged while it trained."""
    logged = []
    params = tuned(tiny, max_steps=120, batch_size=8)
    params = params.model_copy(update={"profit": params.profit.model_copy(update={"every_steps": 40})})
    tables = {"AAA": table_of(seed=1), "BBB": table_of(seed=2, ticker="BBB")}
    return train_base_forecaster(tables, contract, params, lambda metrics, step: logged.append((step, metrics))), logged


def test_a_model_learns_that_a_feature_doubles_the_volatility(trained, contract):
    """Fresh bars: the forecast's 5 to 95 % width must follow the signal; a blind model gives one width to both."""
    model = trained[0].model
    table = table_of(seed=9, ticker="CCC")
    forecasts = forecast_table(model, table, contract)
    nearest = forecasts[forecasts["horizon"] == 1]
    widths = (nearest["q95"] - nearest["q05"]).to_numpy()
    signal = table.loc[table["ready"], "signal"].to_numpy()
    quiet, loud = widths[signal < 0].mean(), widths[signal > 0].mean()
    expected = 2 * norm.ppf(0.95) * 0.01
    assert quiet == pytest.approx(expected, rel=0.2)
    assert loud == pytest.approx(2 * expected, rel=0.2)


def test_the_skill_of_a_good_model_is_positive_and_at_the_start_it_is_nought(trained):
    curve = trained[0].profit_curve
    assert curve["step"].tolist() == [0, 40, 80, 120]
    assert curve["eval/skill_1"].iloc[0] == pytest.approx(0.0, abs=1e-3)
    assert trained[0].metrics["eval/skill_1"] > 0.03
    assert trained[0].metrics["eval/calibration_error"] < 0.03
    assert trained[0].chosen == "trained"


def test_the_metrics_of_training_have_these_names_and_steps(trained):
    result, logged = trained
    assert set(logged[-1][1]) == RELATION
    assert logged[-1][0] == 120
    rows = {step: set(metrics) for step, metrics in logged[:-1]}
    assert rows[0] == METRICS
    assert rows[10] == {"train/loss", "train/learning_rate"}
    assert rows[40] == METRICS | {"train/loss", "train/learning_rate"}
    assert sorted(rows) == list(range(0, 121, 10))
    assert set(result.metrics) == rows[40] | RELATION | {"eval/untrained_loss", "better_than_untrained"}
    losses = result.profit_curve["eval/loss"]
    assert result.metrics["eval/loss"] == losses.min()
    assert result.metrics["eval/untrained_loss"] == losses.iloc[0]


def test_the_returned_weights_are_those_that_were_best_on_validation(contract, tiny):
    """A learning rate that destroys the model after a good start: the last weights are not the best ones."""
    table = table_of()
    result = train_base_forecaster({"AAA": table}, contract, tuned(tiny, learning_rate=3.0), silent)
    losses = result.profit_curve.set_index("step")["eval/loss"]
    assert losses[12] > losses.min()
    assert losses.idxmin() == result.best_step
    piece = supervise(table, contract, [1, 5], SPLIT, "validation")
    batch = {
        name: torch.tensor(getattr(piece, name)).unsqueeze(0) for name in ("features", "ready", "labels", "label_mask")
    }
    with torch.inference_mode():
        assert result.model(**batch).loss.item() == pytest.approx(losses.min(), rel=1e-4)


def test_features_are_standardised_by_the_training_split_alone(contract, tiny):
    """Values after the training split, however wild, and bars in warm-up move neither mean nor deviation."""
    table = table_of()
    later = (table["date"] > pd.Timestamp(SPLIT.train_end)).to_numpy()
    wild = table.copy()
    wild.loc[later, ["signal", "noise"]] *= 1e3
    pieces = [[supervise(one, contract, [1, 5], SPLIT, "train")] for one in (table, wild)]
    mean, deviation = feature_moments(pieces[0])
    rows = table[["signal", "noise"]][pieces[0][0].first : len(pieces[0][0].ready)]
    np.testing.assert_allclose(mean, rows.mean(), rtol=1e-4)
    np.testing.assert_allclose(deviation, rows.std(ddof=0), rtol=1e-4)
    for one, other in zip((mean, deviation), feature_moments(pieces[1]), strict=True):
        np.testing.assert_array_equal(one, other)
    model = train_base_forecaster({"AAA": wild}, contract, tiny, silent).model
    np.testing.assert_array_equal(model.center, mean)
    np.testing.assert_array_equal(model.spread, deviation)


def test_a_feature_that_never_moves_is_not_divided_by_nothing(contract):
    piece = supervise(table_of().assign(noise=0.25), contract, [1], SPLIT, "train")
    mean, deviation = feature_moments([piece])
    assert (mean[1], deviation[1]) == (0.25, 1.0)


@pytest.fixture(scope="module")
def straight(contract, tiny):
    """A run that nothing interrupted, and what it logged."""
    logged = {}
    result = train_base_forecaster({"AAA": table_of()}, contract, tiny, lambda m, step: logged.update({step: m}))
    return result, logged


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(straight, contract, tiny):
    again = train_base_forecaster({"AAA": table_of()}, contract, tiny, silent)
    assert again.best_step > 0
    assert same_weights(straight[0].model, again.model)
    pd.testing.assert_frame_equal(straight[0].profit_curve, again.profit_curve, check_exact=True)
    other = train_base_forecaster({"AAA": table_of()}, contract, tiny.model_copy(update={"seed": 8}), silent)
    assert not same_weights(straight[0].model, other.model)


def test_a_run_that_was_killed_goes_on_to_the_same_bits(straight, contract, tiny, tmp_path):
    tables, resumed_log = {"AAA": table_of()}, {}
    for last in (8, 12):  # killed twice, each time after a checkpoint
        with pytest.raises(KilledError):
            train_base_forecaster(tables, contract, tiny, killed_at(last), tmp_path)
    assert [path.name for path in tmp_path.glob("*/*")] == ["checkpoint-8"]
    resumed = train_base_forecaster(tables, contract, tiny, lambda m, step: resumed_log.update({step: m}), tmp_path)
    assert same_weights(straight[0].model, resumed.model)
    pd.testing.assert_frame_equal(straight[0].profit_curve, resumed.profit_curve, check_exact=True)
    assert resumed_log.keys() == {0, 4, 8, 10, 12}
    for step, metrics in resumed_log.items():
        assert metrics == pytest.approx(straight[1][step], rel=0, abs=0, nan_ok=True)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_other_params_or_one_cut_short_is_not_continued(straight, contract, tiny, tmp_path):
    tables, steps = {"AAA": table_of()}, []
    with pytest.raises(KilledError):
        train_base_forecaster(tables, contract, tuned(tiny, weight_decay=0.5), killed_at(8), tmp_path)
    with pytest.raises(KilledError):
        train_base_forecaster(tables, contract, tiny, killed_at(8), tmp_path)
    assert len(list(tmp_path.glob("*/checkpoint-4/record.json"))) == 2
    for checkpoint in tmp_path.glob("*/checkpoint-4"):
        (checkpoint / "record.json").unlink()
        (checkpoint / "model.safetensors").write_bytes(b"half a file")
    again = train_base_forecaster(tables, contract, tiny, lambda _, step: steps.append(step), tmp_path)
    assert steps[0] == 0
    assert same_weights(straight[0].model, again.model)
    assert len(list(tmp_path.iterdir())) == 1  # the other params' folder is not this run's to remove


def test_fine_tuning_leaves_the_base_as_it_was_and_starts_from_it(trained, contract, tiny):
    base = trained[0].model
    before = {name: weight.clone() for name, weight in base.state_dict().items()}
    result = finetune_forecaster(base, {"DDD": table_of(seed=4, ticker="DDD", wide=4.0)}, contract, tiny, silent)
    assert all(torch.equal(weight, before[name]) for name, weight in base.state_dict().items())
    assert result.tickers == ("DDD",)
    assert result.chosen == "trained"
    assert result.metrics["better_than_base"] == 1.0
    assert result.metrics["eval/loss"] < result.metrics["eval/base_loss"]
    assert not same_weights(result.model, base)


def test_fine_tuning_that_does_not_help_gives_the_base_back(trained, contract, tiny):
    base = trained[0].model
    harmful = tiny.model_copy(update={"finetune": tiny.finetune.model_copy(update={"learning_rate": 3.0})})
    result = finetune_forecaster(base, {"AAA": table_of(seed=1)}, contract, harmful, silent)
    assert result.chosen == "base"
    assert result.metrics["better_than_base"] == 0.0
    assert result.metrics["eval/loss"] == result.metrics["eval/base_loss"]
    assert same_weights(result.model, base)


def test_fine_tuning_refuses_a_base_of_another_contract(trained, contract, tiny):
    with pytest.raises(ContractError, match="trained with the feature contract"):
        finetune_forecaster(trained[0].model, {"AAA": table_of()}, replace(contract, hash="other"), tiny, silent)


def test_a_loss_that_is_not_finite_stops_training_with_the_reason(contract, tiny):
    with pytest.raises(TradeproofError, match="expected a finite number; lower learning_rate"):
        train_base_forecaster({"AAA": table_of()}, contract, tuned(tiny, learning_rate=1e38), silent)


def test_the_console_shows_progress_and_the_report_and_nothing_else(contract, tiny, capfd):
    train_base_forecaster({"AAA": table_of()}, contract, tiny, silent)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert [line for line in shown.err.splitlines() if not line.startswith(("train_base", "  "))] == []
    assert shown.err.count("train_base: step") == 1
    assert "train_base 12/12 (100%)" in shown.err


def test_a_planted_direction_is_found_and_earns_more_than_holding(contract, tiny):
    """Half a volatility of drift with the signal's sign: a model that finds it holds only on good days."""
    params = tuned(tiny, max_steps=120, batch_size=8)
    free = params.costs.model_copy(update={"commission": 0.0, "slippage": 0.0})
    profit = params.profit.model_copy(
        update={"every_steps": 120, "stop_loss": None, "take_profit": None, "max_position_size": 1.0}
    )
    params = params.model_copy(update={"costs": free, "profit": profit})
    metrics = train_base_forecaster({"AAA": table_of(wide=1.0, drift=0.5)}, contract, params, silent).metrics
    assert metrics["profit/sharpe_ratio"] > 3.0 > metrics["profit/buy_and_hold_sharpe_ratio"]


@pytest.mark.slow
def test_on_real_indices_the_model_beats_historical_volatility_on_validation(params):
    """S&P 500 and NASDAQ to 2015: 3 % of pinball loss at one bar, 2 % at five; nothing after 2015 is looked at."""
    from arch.data import nasdaq, sp500

    tables = {}
    for ticker, source in (("SPX", sp500), ("IXIC", nasdaq)):
        bars = source.load().loc[:"2015-12-31"].reset_index().rename(columns=str.lower).assign(ticker=ticker)
        bars["date"] = bars["date"].dt.as_unit("us")
        prices = ["open", "high", "low", "close"]
        bars["high"], bars["low"] = bars[prices].max(axis=1), bars[prices].min(axis=1)
        bars = bars[["ticker", "date", *prices, "volume"]].astype({"ticker": "str", "volume": "float64"})
        tables[ticker] = build_table(bars, params.build_features)
    settings = {"hidden_size": 16, "num_heads": 2, "dropout": 0.2, "learning_rate": 0.001, "max_steps": 200}
    contract = feature_contract(params.build_features)
    result = train_base_forecaster(tables, contract, tuned(params, **settings), silent)
    assert result.metrics["eval/skill_1"] > 0.03
    assert result.metrics["eval/skill_5"] > 0.02
    assert result.metrics["eval/calibration_error"] < 0.03
