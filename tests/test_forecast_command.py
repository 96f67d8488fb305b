"""`tradeproof forecast`: the pipeline's own forecasts for any file of bars, and one line for every mistake."""

import shutil
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tradeproof.cli import main
from tradeproof.data.adjustment import adjust_bars
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.forecasting.artifact import load_forecaster, save_forecaster
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import TrainedForecaster
from tradeproof.runtime.seeding import seed_everything

LEVELS = ["q01", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99"]
FROM, TO = "2011-03-01", "2012-02-29"


@pytest.fixture(scope="module")
def contract(params):
    return feature_contract(params.build_features)


@pytest.fixture(scope="module")
def model_folder(params, contract, tmp_path_factory):
    """A model with random weights: what it forecasts depends on every feature."""
    seed_everything(3)
    shape = params.train_base.model_copy(update={"horizons": [1, 5], "attention_bars": 16})
    model = PriceForecaster(PriceForecasterConfig.from_params(shape, contract.names, contract.hash)).eval()
    for parameter in model.parameters():
        parameter.data.normal_(0.0, 0.2)
    trained = TrainedForecaster(
        model,
        {"eval/loss": 1.0},
        pd.DataFrame({"step": [0], "eval/loss": [1.0], "profit/total_return": [0.0]}),
        "trained",
        0,
        ("AAA",),
    )
    folder = tmp_path_factory.mktemp("model") / "base"
    save_forecaster(folder, trained, {"seed": 3}, contract)
    return folder


@pytest.fixture
def bars(random_bars):
    return pd.concat([random_bars(600, 1, "NEW"), random_bars(600, 2, "OLD")], ignore_index=True)


@pytest.fixture
def forecast(model_folder, monkeypatch, capsys, tmp_path):
    """Run the command; the exit code, and what it wrote to its two channels."""

    def run(bars, /, output=tmp_path / "out" / "forecasts.parquet", **changes):
        if not hasattr(bars, "suffix"):
            bars.to_parquet(tmp_path / "bars.parquet")
            bars = tmp_path / "bars.parquet"
        options = {"model": model_folder, "bars": bars, "from": FROM, "to": TO, "output": output} | changes
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        monkeypatch.setattr(sys, "argv", ["tradeproof", "forecast", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code or 0, *capsys.readouterr()

    return run


def read(forecast, bars, tmp_path, **changes):
    code, _, error = forecast(bars, **changes)
    assert code == 0, error
    return pd.read_parquet(tmp_path / "out" / "forecasts.parquet")


def test_the_forecasts_are_those_of_the_pipeline_for_the_same_bars(forecast, bars, model_folder, contract, tmp_path):
    found = read(forecast, bars, tmp_path)
    model = load_forecaster(model_folder, contract)
    start, end = date.fromisoformat(FROM), date.fromisoformat(TO)
    expected = pd.concat(
        forecast_table(model, build_table(own.reset_index(drop=True), contract.params), contract, start, end)
        for _, own in bars.groupby("ticker")
    )
    assert list(found.columns) == ["symbol", "date", "horizon", *LEVELS]
    sessions = bars["date"].between(FROM, TO).sum()
    assert len(found) == sessions * 2 > 900
    assert found["symbol"].tolist() == expected["ticker"].tolist()
    assert (found["date"].to_numpy() == expected["date"].to_numpy()).all()
    np.testing.assert_allclose(found[LEVELS], expected[LEVELS].to_numpy(), rtol=0, atol=1e-9)
    assert found[["symbol", "date", "horizon"]].apply(tuple, axis=1).is_monotonic_increasing


def test_appended_bars_change_no_bit_of_a_forecast(forecast, bars, random_bars, tmp_path):
    later = random_bars(200, 5, "NEW", start="2012-06-01").assign(split_coefficient=2.0, dividend_amount=0.5)
    bars = bars[bars["date"] <= TO].assign(split_coefficient=1.0, dividend_amount=0.0)
    before = read(forecast, bars, tmp_path)
    later.loc[3, "close"] = -1.0  # not even a bar that could not be used
    pd.testing.assert_frame_equal(before, read(forecast, pd.concat([bars, later]), tmp_path))


def test_a_forecast_knows_no_later_bar_of_the_asked_days(forecast, bars, tmp_path):
    rewritten = bars.copy()
    later = rewritten["date"] > "2011-09-30"
    rewritten.loc[later, ["open", "high", "low", "close"]] *= 3.0
    before, after = read(forecast, bars, tmp_path), read(forecast, rewritten, tmp_path)
    past = before["date"] <= "2011-09-30"
    pd.testing.assert_frame_equal(before[past], after[past])
    assert (before.loc[~past, "q50"] != after.loc[~past, "q50"]).any()


def test_raw_prices_are_adjusted_as_the_download_does_it(forecast, bars, tmp_path):
    """A 4-for-1 split: the raw file and the adjusted one give the same forecasts, the unadjusted one does not."""
    raw = bars.assign(split_coefficient=1.0, dividend_amount=0.0)
    earlier = raw["date"] < "2011-06-01"
    raw.loc[earlier, ["open", "high", "low", "close"]] *= 4.0
    raw.loc[earlier, "volume"] /= 4.0
    raw.loc[raw["date"] == "2011-06-01", "split_coefficient"] = 4.0
    raw.loc[raw["date"] == "2011-08-01", "dividend_amount"] = 3.0
    raw = raw.sort_values(["ticker", "date"], ignore_index=True)
    adjusted = adjust_bars(raw[raw["date"] <= TO], "").bars
    found = read(forecast, raw.rename(columns={"ticker": "symbol"}), tmp_path)
    np.testing.assert_allclose(found[LEVELS], read(forecast, adjusted, tmp_path)[LEVELS], rtol=0, atol=1e-9)
    plain = read(forecast, raw.drop(columns=["split_coefficient", "dividend_amount"]), tmp_path)
    assert np.abs(found[LEVELS] - plain[LEVELS]).to_numpy().max() > 1e-3


def test_what_does_no_harm_is_counted_and_tolerated(forecast, bars, tmp_path):
    expected = read(forecast, bars, tmp_path)
    odd = (
        bars.sample(frac=1.0, random_state=0, ignore_index=True)
        .assign(colour="red")
        .rename(columns={"date": "Timestamp"})
    )
    code, _, error = forecast(odd)
    assert code == 0
    assert "1 columns without a meaning here, left out: colour" in error
    assert "rows out of order, sorted" in error
    assert "'Timestamp' read as date" in error
    pd.testing.assert_frame_equal(expected, pd.read_parquet(tmp_path / "out" / "forecasts.parquet"))
    _, _, error = forecast(bars.drop(index=[50, 51]))
    assert "2 bars missing on days that other tickers have (NEW 2)" in error


def test_a_csv_goes_in_and_comes_out(forecast, bars, tmp_path):
    expected = read(forecast, bars, tmp_path)
    bars.to_csv(tmp_path / "bars.csv", index=False)
    code, said, error = forecast(tmp_path / "bars.csv", tmp_path / "deep" / "er" / "f.csv")
    assert code == 0, error
    assert f"{len(expected)} forecasts of 2 symbols" in said
    found = pd.read_csv(tmp_path / "deep" / "er" / "f.csv", parse_dates=["date"])
    np.testing.assert_allclose(found[LEVELS], expected[LEVELS], rtol=0, atol=1e-12)
    assert (tmp_path / "deep" / "er" / "f.csv").read_text().splitlines()[1].startswith(f"NEW,{FROM},1,")


def test_a_short_history_is_left_out_and_named(forecast, bars, tmp_path):
    short = bars[(bars["ticker"] == "OLD") | (bars["date"] > "2011-12-31")]
    code, _, error = forecast(short)
    assert code == 0
    assert "left out 1 symbols: NEW has" in error
    assert "too few for a full history" in error
    assert set(pd.read_parquet(tmp_path / "out" / "forecasts.parquet")["symbol"]) == {"OLD"}


def test_dates_before_the_history_suffices_have_no_row(forecast, bars, contract, tmp_path):
    found = read(forecast, bars, tmp_path, **{"from": "2010-01-01"})
    first = bars["date"].drop_duplicates().sort_values().iloc[contract.warm_up :].iloc[0]
    assert found["date"].min() >= first - pd.Timedelta(days=7)
    assert found["date"].min() > bars["date"].min()


def spoilt(name, value, row=20):
    def spoil(bars):
        bars.loc[row, name] = value
        return bars

    return spoil


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoilt("close", np.nan), r"row 21 \(NEW 2010-02-01: .*empty or infinite price"),
        (spoilt("open", 0.0), r"row 21 .* a price of zero or less \(1 such rows\)"),
        (spoilt("high", 1.0), r"row 21 .*not the highest"),
        (spoilt("volume", -1.0), r"row 21 .* a volume below zero"),
        (spoilt("date", pd.Timestamp("2010-01-05")), r"row 21 .* a day that its ticker had before"),
        (spoilt("ticker", None), r"row 21 .* an empty ticker"),
        (lambda bars: bars.drop(columns="volume"), "no column volume"),
        (lambda bars: bars[bars["date"] > "2013"], "bars.parquet.*(no readable bar|no bar)"),
        (lambda bars: bars[bars["date"] < "2010-06"], "allows no forecast .* NEW has no bar from 2011-03-01"),
        (lambda bars: bars[bars["date"] > "2011-12-31"], "allows no forecast .*too few for a full history"),
    ],
)
def test_bars_that_cannot_be_used_are_one_line(forecast, bars, spoil, expected, tmp_path):
    import re

    code, said, error = forecast(spoil(bars))
    assert (code, said, len(error.splitlines())) == (2, "", 1)
    assert re.search(expected, error)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "nowhere"}, "nowhere is no folder"),
        ({"model": "models:/price-base"}, "expected models:/NAME@ALIAS or models:/NAME/VERSION"),
        ({"model": "models:/price-base@candidate"}, "mlflow.db does not exist"),
        ({"bars": "nowhere.parquet"}, "nowhere.parquet is no file of bars"),
        ({"from": "2012-03-01"}, "--from is 2012-03-01, after --to 2012-02-29"),
        ({"from": "yesterday"}, "--from is 'yesterday', expected a day as"),
        ({"output": "forecasts.txt"}, "expected a name that ends in .parquet or .csv"),
        ({"output": "bars.parquet/f.csv"}, "bars.parquet is a file; expected a folder there"),
    ],
)
def test_a_wrong_option_is_one_line(forecast, bars, changes, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    code, said, error = forecast(bars, **changes)
    assert (code, said, len(error.splitlines())) == (2, "", 1)
    assert expected in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bars.parquet"]


def test_unreadable_parquet_is_one_line(forecast, tmp_path):
    (tmp_path / "bars.parquet").write_bytes(b"PAR1 and no more")
    code, _, error = forecast(tmp_path / "bars.parquet")
    assert (code, len(error.splitlines())) == (2, 1)
    assert "cannot be read" in error


@pytest.mark.parametrize("name", ["config.json", "contract.json", "model.safetensors"])
def test_a_damaged_model_is_one_line(forecast, bars, model_folder, name, tmp_path):
    shutil.copytree(model_folder, tmp_path / "model")
    content = (tmp_path / "model" / name).read_bytes()
    (tmp_path / "model" / name).write_bytes(content[: len(content) // 2])
    code, _, error = forecast(bars, model=tmp_path / "model")
    assert (code, len(error.splitlines())) == (2, 1)
    (tmp_path / "model" / name).unlink()
    code, _, error = forecast(bars, model=tmp_path / "model")
    assert (code, len(error.splitlines())) == (2, 1)
    assert name in error


@pytest.mark.slow
def test_a_registered_model_forecasts_as_its_folder_does(forecast, bars, model_folder, tmp_path, monkeypatch):
    from tradeproof.serving.registration import log_price_model
    from tradeproof.tracking.registry import Registry
    from tradeproof.tracking.runs import StageIdentity, stage_run

    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    expected = read(forecast, bars, tmp_path)
    with stage_run(StageIdentity("register"), "test", 7, {}, {}) as run:
        answer = expected[expected["date"] == expected["date"].max()].rename(columns={"symbol": "ticker"})
        logged = log_price_model(run.run_id, model_folder, bars[bars["ticker"] == "OLD"].tail(400), answer)
        version = Registry.open().add("price-base", logged, "x", {}, "")
        Registry.open().point("price-base", "candidate", version)
    for uri in ("models:/price-base@candidate", f"models:/price-base/{version}"):
        pd.testing.assert_frame_equal(expected, read(forecast, bars, tmp_path, model=uri))
    for uri in ("models:/price-base@other", "models:/price-base/9", "models:/other@candidate"):
        code, _, error = forecast(bars, model=uri)
        assert (code, len(error.splitlines())) == (2, 1)
        assert "does not hold" in error
