"""The training guide's commands and API: each flag changes the run, and each mistake is one line."""

import gc
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors.numpy import load_file

from hftraining import ProfitTracker, base_model_trainer, train_with_profit
from hftraining.base_model_trainer import BaseModelTrainer
from hftraining.configuration import TrainingConfiguration
from hftraining.train_with_profit import train_single_stock_with_profit
from tradeproof.data.splits import TRAIN
from tradeproof.errors import ParamsError
from tradeproof.features.contract import feature_contract
from tradeproof.forecasting.artifact import load_forecaster
from tradeproof.forecasting.dataset import SequenceDataset, count_sequences, supervise
from tradeproof.tracking.runs import StageRun

TINY = {
    "universe": {"tickers": ["ZZZ"]},
    "data": {"source": "simulated", "start": "2006-01-01", "end": "2011-12-31"},
    "split": {"train_end": "2009-06-30", "validation_end": "2010-12-31"},
    "profit": {"every_steps": 4, "least_return": 0.0},
    "build_features": {"average_bars": [5, 20], "drawdown_bars": 40},
    "train_base": {
        "tickers": ["ZZZ"],
        "hidden_size": 8,
        "num_layers": 1,
        "num_heads": 2,
        "attention_bars": 16,
        "sequence_length": 64,
        "batch_size": 4,
        "max_steps": 8,
        "warmup_steps": 2,
    },
    "finetune": {"batch_size": 4, "max_steps": 4, "warmup_steps": 1},
}


class Desk:
    """A project in a folder of its own, where a trainee sits."""

    def __init__(self, folder):
        self.folder = folder
        self._experiment = None

    def run(self, door, *words):
        """Run a command in this process; the MLflow runs that it made, oldest first."""
        before = {run.info.run_id for run in self.runs()}
        door.main([str(word) for word in words])
        return [run for run in self.runs() if run.info.run_id not in before]

    def runs(self):
        client = mlflow.MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")
        experiments = [found.experiment_id for found in client.search_experiments()]
        found = client.search_runs(experiments, order_by=["start_time ASC"])
        return [run for run in found if run.data.tags.get("tradeproof.stage") != "pipeline"]

    def model(self, name):
        folder = self.folder / "runs" / "models" / name
        curve = pd.read_csv(folder / "profit_curve.csv")
        return SimpleNamespace(folder=folder, weights=load_file(folder / "model.safetensors"), curve=curve)


@pytest.fixture(scope="module", autouse=True)
def settled():
    """Each training collects garbage: leave out what was imported before, which is a second of work each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def project(tmp_path_factory, repository):
    folder = tmp_path_factory.mktemp("desk")
    raw = yaml.safe_load((repository / "params.yaml").read_text())
    for section, values in TINY.items():
        raw[section] |= values
    (folder / "params.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    (folder / "dvc.yaml").write_text("")
    mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_experiments()
    return folder


@pytest.fixture
def desk(project, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "DVC_", "TRADEPROOF_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(project)
    return Desk(project)


@pytest.fixture
def bar_file(random_bars, tmp_path):
    bars = pd.concat([random_bars(1500, seed, ticker, "2006-01-02") for seed, ticker in enumerate(["AAA", "BBB"])])
    bars.rename(columns={"ticker": "symbol"}).to_csv(tmp_path / "bars.csv", index=False)
    return tmp_path / "bars.csv"


@pytest.fixture(scope="module")
def plain(project):
    """The run that each flag is compared with: one stock, no flag beside it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("MLFLOW_", "DVC_", "TRADEPROOF_")):
                patch.delenv(name)
        patch.chdir(project)
        (run,) = Desk(project).run(train_with_profit, "--stock", "AAA")
        return SimpleNamespace(run=run, **vars(Desk(project).model("single/AAA")))


def changed(before, after):
    return {key: value for key, value in after.data.params.items() if before.data.params.get(key) != value}


def same_weights(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_a_plain_training_leaves_a_model_curves_a_log_a_report_and_a_run(desk, plain):
    assert plain.run.data.tags["tradeproof.stage"] == "train_with_profit"
    assert plain.run.data.tags["tradeproof.ticker"] == "AAA"
    assert plain.run.data.tags["tradeproof.synthetic"] == "true"
    assert plain.run.info.status == "FINISHED"
    assert plain.run.data.params["universe.tickers"] == "['AAA']"
    assert {"eval/loss", "profit/total_return", "profit/max_drawdown"} <= set(plain.run.data.metrics)
    load_forecaster(plain.folder, feature_contract(TrainingConfiguration.load().params.build_features))
    runs = desk.folder / "runs"
    assert list((runs / "tensorboard" / "single" / "AAA").iterdir())
    assert (runs / "logs" / "single" / "AAA.log").read_text().splitlines()[-1].startswith("step 8 | ")
    assert (runs / "reports" / "single" / "AAA.md").read_text().startswith("# Price model: AAA")
    assert not list((runs / "checkpoints" / "hftraining" / "single" / "AAA").iterdir())
    assert not (desk.folder / "artifacts").exists()


def test_steps_sets_the_steps_and_the_warm_up_keeps_its_share(desk, plain):
    (run,) = desk.run(train_with_profit, "--stock", "AAA", "--steps", 12)
    assert changed(plain.run, run) == {"train_base.max_steps": "12", "train_base.warmup_steps": "3"}
    assert desk.model("single/AAA").curve["step"].tolist() == [0, 4, 8, 12]


def test_seed_changes_the_weights(desk, plain):
    (run,) = desk.run(train_with_profit, "--stock", "AAA", "--seed", 11)
    assert (plain.run.data.tags["tradeproof.seed"], run.data.tags["tradeproof.seed"]) == ("7", "11")
    assert changed(plain.run, run) == {}
    assert not same_weights(desk.model("single/AAA").weights, plain.weights)


def test_data_reads_a_local_file(desk, plain, bar_file):
    (run,) = desk.run(train_with_profit, "--stock", "AAA", "--data", bar_file)
    assert changed(plain.run, run) == {"data.source": "folder", "data.path": str(bar_file)}
    assert run.data.tags["tradeproof.synthetic"] == "false"
    assert run.data.tags["tradeproof.data_sha256"] != plain.run.data.tags["tradeproof.data_sha256"]


def test_params_names_another_file_and_source_another_source_than_in_it(desk, plain, tmp_path):
    raw = yaml.safe_load((desk.folder / "params.yaml").read_text())
    raw["data"] |= {"source": "folder", "path": "nowhere"}
    raw["costs"]["commission"] = 0.002
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(raw))
    words = ("--stock", "AAA", "--params", tmp_path / "other.yaml", "--source", "simulated")
    (run,) = desk.run(train_with_profit, *words)
    assert changed(plain.run, run) == {"data.path": "nowhere", "costs.commission": "0.002"}


def test_stocks_trains_one_model_each(desk, plain, capsys):
    runs = desk.run(train_with_profit, "--stocks", "AAA", "BBB")
    assert [run.data.tags["tradeproof.ticker"] for run in runs] == ["AAA", "BBB"]
    assert same_weights(desk.model("single/AAA").weights, plain.weights)
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["single/AAA", "single/BBB"]
    assert all("eval/loss" in line and "beside buy-and-hold" in line for line in said)


def test_base_model_trains_one_on_all_and_fine_tunes_each(desk):
    base, first, second = desk.run(train_with_profit, "--stocks", "AAA", "BBB", "--base-model", "--steps", 4)
    assert base.data.params["universe.tickers"] == base.data.params["train_base.tickers"] == "['AAA', 'BBB']"
    assert base.data.params["train_base.max_steps"] == "4"
    assert [run.data.tags["tradeproof.ticker"] for run in (first, second)] == ["AAA", "BBB"]
    assert first.data.params["finetune.max_steps"] == "4"
    assert json.loads((desk.model("base").folder / "meta.json").read_text())["tickers"] == ["AAA", "BBB"]
    for name in ("base", "finetuned/AAA", "finetuned/BBB"):
        assert desk.model(name).curve["step"].max() == 4
        assert list((desk.folder / "runs" / "tensorboard" / name).iterdir())


def test_each_flag_of_the_base_model_trainer_changes_the_run(desk, plain):
    words = ("--base-stocks", "BBB", "--base-steps", 4, "--finetune-epochs", 4, "--batch-size", 8)
    base, finetuned = desk.run(base_model_trainer, *words)
    assert changed(plain.run, base) == {
        "universe.tickers": "['BBB']",
        "train_base.tickers": "['BBB']",
        "train_base.max_steps": "4",
        "train_base.warmup_steps": "1",
        "train_base.batch_size": "8",
    }
    steps = int(finetuned.data.params["finetune.max_steps"])
    # four epochs of some 11 sequences of 64 bars in batches of 8
    assert 5 <= steps <= 7
    assert finetuned.data.params["finetune.batch_size"] == "8"
    assert desk.model("finetuned/BBB").curve["step"].max() == steps


def test_the_snippets_of_the_guide_run_as_they_are_written(desk):
    model, path = train_single_stock_with_profit("AAA")
    assert path == desk.folder / "runs" / "models" / "single" / "AAA"
    trainer = BaseModelTrainer(base_stocks=["AAA"])
    base_model, base_checkpoint = trainer.train_base_model(max_steps=4, batch_size=2)
    finetuned_model, path = trainer.finetune_for_stock(
        stock_symbol="AAA", base_checkpoint_path=base_checkpoint, num_epochs=1
    )
    assert base_checkpoint == desk.folder / "runs" / "models" / "base"
    assert path == desk.folder / "runs" / "models" / "finetuned" / "AAA"
    assert base_model.config.hidden_size == finetuned_model.config.hidden_size == model.config.hidden_size
    assert desk.runs()[-2].data.params["train_base.batch_size"] == "2"
    tracker = ProfitTracker(
        initial_capital=10000,
        commission=0.001,
        slippage=0.0005,
        max_position_size=0.3,
        stop_loss=0.02,
        take_profit=0.05,
    )
    assert callable(tracker.measure)


def test_a_changed_configuration_changes_the_run_and_a_wrong_one_is_refused(desk, plain):
    config = TrainingConfiguration.load()
    config.model.hidden_size, config.model.num_layers, config.model.num_heads = 16, 2, 4
    config.training.learning_rate = 1e-4
    config.training.batch_size, config.training.max_steps, config.training.warmup_steps = 2, 4, 1
    model, _ = train_single_stock_with_profit("AAA", config=config)
    assert (model.config.hidden_size, model.config.num_layers, model.config.num_heads) == (16, 2, 4)
    assert set(changed(plain.run, desk.runs()[-1])) == {
        f"train_base.{name}"
        for name in (
            "hidden_size",
            "num_layers",
            "num_heads",
            "learning_rate",
            "batch_size",
            "max_steps",
            "warmup_steps",
        )
    }
    config.model.num_heads = 3
    with pytest.raises(ParamsError, match="hidden_size is 16; expected a multiple of 2 x num_heads = 6"):
        config.for_tickers(["AAA"])
    config.training.learning_rate = -1.0
    with pytest.raises(ParamsError, match=r"train_base.learning_rate is -1.0, expected greater than 0"):
        config.for_tickers(["AAA"])
    with pytest.raises(AttributeError):
        config.training.learning_rat = 1.0


@pytest.mark.parametrize("epochs", [1, 3])
def test_an_epoch_of_fine_tuning_sees_each_label_once(random_bars, params, epochs):
    from tradeproof.features.table import build_table

    split = params.split.model_copy(update={"train_end": date(2012, 12, 31), "validation_end": date(2013, 12, 31)})
    pieces = [
        supervise(
            build_table(random_bars(1300, seed, ticker), params.build_features),
            feature_contract(params.build_features), [1], split, TRAIN,
        )
        for seed, ticker in ((1, "AAA"), (2, "BBB"))
    ]  # fmt: skip
    count = count_sequences(pieces, 64, epochs, seed=5)
    sequences = SequenceDataset(pieces, 64, count, seed=5)
    seen = sum(int(sequences[place]["label_mask"].sum()) for place in range(count))
    assert seen == epochs * sum(int(piece.label_mask.sum()) for piece in pieces)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "one of the arguments --stock --stocks is required"),
        (["--stock", "AAA", "--stocks", "BBB"], "not allowed with argument --stock"),
        (["--stock", "A A"], "universe.tickers.0 is 'A A'"),
        (["--stocks", "AAA", "AAA"], "repeats"),
        (["--stock", "AAA", "--steps", "0"], "train_base.max_steps is 0, expected greater than 0"),
        (["--stock", "AAA", "--steps", "many"], "invalid int value: 'many'"),
        (["--stock", "AAA", "--seed", "-1"], "seed is -1"),
        (["--stock", "AAA", "--source", "bloomberg"], "data.source is 'bloomberg'"),
        (["--stock", "AAA", "--source", "yahoo", "--data", "x.csv"], "beside source 'yahoo'"),
        (["--stock", "AAA", "--data", "nowhere.csv"], "nowhere.csv"),
        (["--stock", "AAA", "--params", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--stock", "AAA", "--step", "4"], "unrecognized arguments: --step 4"),
        (["--stock", "AAA", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["--stock", "AAA", "--source", "snapshot"], "metadata.json is missing"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(desk, capsys, words, expected):
    before = len(desk.runs())
    with pytest.raises(SystemExit) as stopped:
        train_with_profit.main(words)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert expected in said.err
    assert len(desk.runs()) == before


def test_no_epoch_is_refused_before_anything_is_trained(desk, capsys):
    before = len(desk.runs())
    with pytest.raises(SystemExit) as stopped:
        base_model_trainer.main(["--base-stocks", "AAA", "--finetune-epochs", "0"])
    assert stopped.value.code == 2
    assert "finetune epochs is 0, expected at least 1" in capsys.readouterr().err
    assert len(desk.runs()) == before


def test_a_stock_that_the_snapshot_lacks_is_asked_of_yahoo_and_said_so(desk, capsys, repository, monkeypatch, tmp_path):
    """The vendor is out of reach: one line before it is asked, and one with the way out."""
    from tradeproof.data.snapshot import write_snapshot
    from tradeproof.data.sources import provider

    asked = []
    monkeypatch.setattr(provider, "fetch_history", lambda *arguments: asked.append(arguments[0]) or pd.DataFrame())
    monkeypatch.setattr(provider.time, "sleep", lambda seconds: None)
    write_snapshot(tmp_path / "data")
    raw = yaml.safe_load((repository / "params.yaml").read_text())
    raw["data"]["path"] = str(tmp_path / "data")
    (tmp_path / "snapshot.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(SystemExit) as stopped:
        train_with_profit.main(["--stock", "AAPL", "--params", str(tmp_path / "snapshot.yaml")])
    lines = capsys.readouterr().err.splitlines()
    assert stopped.value.code == 2
    assert set(asked) == {"AAPL"}
    assert len(lines) == 2
    assert "holds IXIC, SPX; asking Yahoo for AAPL" in lines[0]
    assert "--data FILE_OR_FOLDER" in lines[1]


@pytest.mark.slow
def test_an_interrupted_training_goes_on_to_the_same_weights(desk, monkeypatch):
    words = ("--stock", "CCC", "--steps", "12")
    desk.run(train_with_profit, *words)
    straight = desk.model("single/CCC").weights
    checkpoints = desk.folder / "runs" / "checkpoints" / "hftraining" / "single" / "CCC"
    log = StageRun.log_metrics

    def interrupted(self, metrics, step=0):
        if step == 8:
            raise KeyboardInterrupt
        log(self, metrics, step)

    monkeypatch.setattr(StageRun, "log_metrics", interrupted)
    with pytest.raises(SystemExit) as stopped:
        train_with_profit.main(words)
    monkeypatch.setattr(StageRun, "log_metrics", log)
    assert stopped.value.code == 130
    assert desk.runs()[-1].info.status == "KILLED"
    assert [path.name for path in checkpoints.glob("*/checkpoint-*")] == ["checkpoint-4"]
    desk.run(train_with_profit, *words)
    assert not list(checkpoints.iterdir())
    assert same_weights(desk.model("single/CCC").weights, straight)


@pytest.mark.slow
def test_the_guide_s_first_command_runs_on_real_bars(repository, market_folder, tmp_path):
    """As a process, from src/hftraining of a copy of the repository."""
    shutil.copytree(repository / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(repository / name, tmp_path / name)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "DVC_"))}
    words = ["--stock", "AAPL", "--steps", "20", "--data", market_folder / "us30_daily_1999_2019.parquet"]
    done = subprocess.run(
        [sys.executable, "train_with_profit.py", *words],
        cwd=tmp_path / "src" / "hftraining",
        env={**environment, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("single/AAPL: ")
    assert "20/20 (100%)" in done.stderr
    assert (tmp_path / "runs" / "models" / "single" / "AAPL" / "model.safetensors").is_file()
    assert (tmp_path / "mlflow.db").is_file()
    assert not list((tmp_path / "src" / "hftraining").glob("runs"))
