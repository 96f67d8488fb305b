"""Training of price models: what is learned from, what is learned, and that the same in gives the same out."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm

from tradeproof.errors import ContractError, DataError, TradeproofError
from tradeproof.features.contract import FeatureContract, feature_contract
from tradeproof.features.table import build_table
from tradeproof.forecasting.dataset import SequenceDataset, draw_starts, empirical_quantiles, feature_moments, supervise
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import finetune_forecaster, train_base_forecaster
from tradeproof.params.schema import SplitParams

SPLIT = SplitParams(train_end=date(2012, 12, 31), validation_end=date(2014, 6, 30), purged_size=5)
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
}


@pytest.fixture(scope="module")
def contract(params):
    names = ("signal", "noise")
    return FeatureContract(1, names, names, ("float64",) * 2, 0, params.build_features, "toy")


def table_of(count=1300, seed=0, ticker="AAA", wide=2.0, drift=0.0):
    """A toy market: a signal known at t says whether the next bar moves by 0.01 or by 0.01 x wide, and which way."""
    generator = np.random.default_rng(seed)
    signal = np.where(generator.random(count) < 0.5, -1.0, 1.0)
    shocks = generator.normal(size=count)
    returns = 0.01 * np.where(np.roll(signal, 1) > 0, wide, 1.0) * shocks + 0.01 * drift * np.roll(signal, 1)
    close = 100 * np.exp(np.cumsum(returns))
    open_ = np.concatenate([[100.0], close[:-1]])
    table = pd.DataFrame(
        {
            "ticker": ticker,
            "date": pd.bdate_range("2010-01-04", periods=count).as_unit("us"),
            "open": open_,
            "high": np.maximum(open_, close) * 1.001,
            "low": np.minimum(open_, close) * 0.999,
            "close": close,
            "volume": 1e6,
            "signal": signal,
            "noise": generator.normal(size=count),
            "volatility": 0.01,
            "ready": np.arange(count) >= 20,
        }
    ).astype({"ticker": "str"})
    table.loc[~table["ready"], ["signal", "noise", "volatility"]] = np.nan
    return table


@pytest.fixture(scope="module")
def tiny(params):
    """Params of a model that trains in a second."""
    small = {
        "horizons": [1, 5],
        "hidden_size": 8,
        "num_layers": 1,
        "num_heads": 2,
        "attention_bars": 8,
        "sequence_length": 32,
        "dropout": 0.1,
        "learning_rate": 0.01,
        "batch_size": 4,
        "max_steps": 12,
        "warmup_steps": 2,
    }
    return params.model_copy(
        update={
            "split": SPLIT,
            "profit": params.profit.model_copy(update={"every_steps": 4}),
            "train_base": params.train_base.model_copy(update=small),
            "finetune": params.finetune.model_copy(update={"max_steps": 4, "warmup_steps": 1}),
        }
    )


def tuned(params, **changes):
    return params.model_copy(update={"train_base": params.train_base.model_copy(update=changes)})


def silent(metrics, step):
    pass


def same_weights(first, second):
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_label_is_the_return_ahead_over_volatility_and_the_root_of_the_horizon(contract):
    table = table_of()
    piece = supervise(table, contract, [1, 4], SPLIT, "train")
    close, bar = table["close"].to_numpy(), 100
    assert piece.labels[bar, 0] == pytest.approx(np.log(close[101] / close[100]) / 0.01, rel=1e-5)
    assert piece.labels[bar, 1] == pytest.approx(np.log(close[104] / close[100]) / (0.01 * 2.0), rel=1e-5)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_no_label_and_no_input_of_a_split_knows_a_bar_after_its_boundary(contract, part):
    table = table_of()
    boundary = pd.Timestamp(SPLIT.train_end if part == "train" else SPLIT.validation_end)
    later = (table["date"] > boundary).to_numpy()
    assert later.sum() > 100
    rewritten = table.copy()
    rewritten.loc[later, ["open", "high", "low", "close", "signal", "noise"]] *= 10.0
    before, after = (supervise(one, contract, [1, 5], SPLIT, part) for one in (table, rewritten))
    for name in ("features", "ready", "labels", "label_mask"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_only_ready_bars_of_the_split_are_supervised_and_earlier_ones_are_context(contract):
    table = table_of()
    days = table["date"]
    train = supervise(table, contract, [1, 5], SPLIT, "train")
    validation = supervise(table, contract, [1, 5], SPLIT, "validation")
    in_train = ((days <= pd.Timestamp(SPLIT.train_end)) & table["ready"]).to_numpy()
    last = np.flatnonzero(in_train)[-1]
    assert train.first == 20
    assert len(train.ready) == last - 4  # the five bars before the boundary are purged
    assert validation.first == last + 1
    assert not validation.label_mask[: last + 1].any()
    assert validation.ready[20 : last + 1].all()


def test_a_purge_shorter_than_a_horizon_is_refused(contract):
    with pytest.raises(DataError, match="purged_size is 5, expected at least the longest horizon 6"):
        supervise(table_of(), contract, [1, 6], SPLIT, "train")


def test_a_ticker_without_labels_in_a_split_is_named(contract):
    with pytest.raises(DataError, match="AAA has no bar to learn from in the validation split"):
        supervise(table_of(count=300), contract, [1], SPLIT, "validation")


def test_an_epoch_shows_every_labelled_bar_exactly_once(contract):
    pieces = [supervise(table_of(count, ticker=name), contract, [1, 5], SPLIT, "train") for count, name in
              ((1300, "AAA"), (400, "BBB"))]  # fmt: skip
    spans = [(piece.first, len(piece.ready)) for piece in pieces]
    epoch = draw_starts(spans, 32, 1, np.random.default_rng(0))
    assert len(epoch) == 1
    labels = sum(int(piece.label_mask.sum()) for piece in pieces)
    length = next(
        n for n in range(1, 100)
        if sum(int(item["label_mask"].sum()) for item in SequenceDataset(pieces, 32, n, seed=3)) >= labels
    )  # fmt: skip
    items = list(SequenceDataset(pieces, 32, length, seed=3))
    seen = np.concatenate([item["labels"][item["label_mask"]].numpy() for item in items])
    expected = np.concatenate([piece.labels[piece.label_mask] for piece in pieces])
    np.testing.assert_array_equal(np.sort(seen), np.sort(expected))


def test_sequences_are_drawn_by_the_seed_alone(contract):
    pieces = [supervise(table_of(), contract, [1], SPLIT, "train")]
    first, second, other = (SequenceDataset(pieces, 64, 50, seed).starts for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_margins_of_a_sequence_are_not_ready_and_have_no_label(contract):
    piece = supervise(table_of(), contract, [1], SPLIT, "train")
    dataset = SequenceDataset([piece], 64, 200, seed=0)
    early = int(np.argmin(dataset.starts[:, 1]))
    start = int(dataset.starts[early, 1])
    assert start < 0
    item = dataset[early]
    assert item["features"].shape == (64, 2)
    assert not item["ready"][:-start].any()
    assert not item["label_mask"][:-start].any()
    np.testing.assert_array_equal(item["features"][-start:], piece.features[: 64 + start])


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
    rows = {step: set(metrics) for step, metrics in logged}
    assert rows[0] == METRICS
    assert rows[10] == {"train/loss", "train/learning_rate"}
    assert rows[40] == METRICS | {"train/loss", "train/learning_rate"}
    assert sorted(rows) == list(range(0, 121, 10))
    assert set(result.metrics) == rows[40] | {"eval/untrained_loss", "better_than_untrained"}
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


def test_the_yardstick_is_the_quantiles_of_the_training_labels(contract):
    piece = supervise(table_of(), contract, [1], SPLIT, "train")
    labels = piece.labels[piece.label_mask]
    np.testing.assert_allclose(empirical_quantiles([piece], [0.1, 0.5])[0], np.quantile(labels, [0.1, 0.5]), rtol=1e-6)


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


class KilledError(Exception):
    pass


def killed_at(last):
    def log(metrics, step):
        if step >= last and "eval/loss" in metrics:
            raise KilledError

    return log


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


def test_the_console_shows_progress_lines_and_nothing_else(contract, tiny, capfd):
    train_base_forecaster({"AAA": table_of()}, contract, tiny, silent)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert [line for line in shown.err.splitlines() if not line.startswith("train_base ")] == []
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
