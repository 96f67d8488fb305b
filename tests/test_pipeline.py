"""The whole pipeline as a user runs it: real DVC, real MLflow, simulated bars, tiny models."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import psutil
import pytest
import yaml

pytestmark = pytest.mark.slow

TINY = {
    "universe.tickers": ["AAA", "BBB"],
    "data.source": "simulated",
    "data.start": "2004-01-01",
    "data.end": "2012-12-31",
    "split.train_end": "2009-12-31",
    "split.validation_end": "2011-06-30",
    "build_features.average_bars": [5, 20],
    "build_features.drawdown_bars": 40,
    "train_base.tickers": ["AAA", "BBB"],
    "train_base.seeds": 2,
    "train_base.hidden_size": 16,
    "train_base.num_layers": 1,
    "train_base.num_heads": 2,
    "train_base.attention_bars": 16,
    "train_base.sequence_length": 64,
    "train_base.batch_size": 4,
    "train_base.max_steps": 12,
    "train_base.warmup_steps": 2,
    "finetune.max_steps": 4,
    "finetune.warmup_steps": 1,
    "profit.every_steps": 4,
    "evaluate.bootstrap_resamples": 100,
    "evaluate.lightgbm_rounds": 5,
    "walk_forward.folds": 1,
    "train_ppo.seeds": 2,
    "train_ppo.total_timesteps": 2048,
    "train_ppo.num_envs": 16,
    "train_ppo.episode_bars": 50,
    "train_ppo.n_steps": 32,
    "train_ppo.batch_size": 128,
    "train_ppo.n_epochs": 2,
    "train_ppo.net_arch": [16],
    "generate_explanations.num_samples": 120,
    "evaluate.garch_refit_bars": 2000,
    "evaluate.grid_commissions": [0.0, 0.001],
    "evaluate.grid_slippages": [0.0005],
    "evaluate.grid_delays": [0, 1],
}


def set_params(folder, changes):
    path = folder / "params.yaml"
    raw = yaml.safe_load(path.read_text())
    for dotted, value in changes.items():
        *parents, key = dotted.split(".")
        section = raw
        for parent in parents:
            section = section[parent]
        section[key] = value
    path.write_text(yaml.safe_dump(raw, sort_keys=False))


class Project:
    """A copy of the repository in which the pipeline runs."""

    def __init__(self, folder, repository):
        self.folder = folder
        for name in ("dvc.yaml", "params.yaml", "data.dvc", "MLproject", "conda.yaml", ".dvcignore", ".gitignore"):
            shutil.copy(repository / name, folder / name)
        shutil.copytree(repository / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        shutil.copytree(repository / ".dvc" / "store", folder / ".dvc" / "store")
        for name in ("config", ".gitignore"):
            shutil.copy(repository / ".dvc" / name, folder / ".dvc" / name)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "DVC_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**inherited, "PATH": path, "GIT_CONFIG_GLOBAL": str(folder / ".gitconfig")}
        (folder / ".gitconfig").write_text("[user]\nname = t\nemail = t@t\n")
        set_params(folder, TINY)
        self.run("git", "init", "-q")
        self.run("dvc", "pull", "-q", "data.dvc")
        self.commit()

    def commit(self):
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", "x")

    def run(self, *words, expect=0, **environment):
        done = subprocess.run(
            words, cwd=self.folder, env={**self.environment, **environment}, capture_output=True, text=True, check=False
        )
        assert done.returncode == expect or expect is None, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def repro(self, *flags, **environment):
        return self.run("dvc", "repro", *flags, **environment)

    def stages(self, output):
        return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]

    def outs(self):
        lock = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]
        return {out["path"]: out["md5"] for stage in lock.values() for out in stage.get("outs", [])}

    def client(self):
        return mlflow.MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")

    def versions(self):
        return {
            f"{version.name} v{version.version}": version.tags["tradeproof.content_sha256"]
            for version in self.client().search_model_versions()
        }

    def runs(self, stage):
        client = self.client()
        experiment = client.get_experiment_by_name("tradeproof").experiment_id
        return client.search_runs([experiment], f"tags.`tradeproof.stage` = '{stage}'", order_by=["start_time DESC"])


@pytest.fixture(scope="module")
def project(tmp_path_factory, repository):
    found = Project(tmp_path_factory.mktemp("project"), repository)
    output = found.repro()
    assert found.stages(output) == [
        "download",
        "build_features",
        "train_base",
        "finetune@AAA",
        "finetune@BBB",
        "walk_forward",
        "train_ppo",
        "generate_explanations",
        "evaluate",
        "register",
    ]
    found.commit()
    return found


def test_the_pipeline_leaves_runs_and_registered_models(project):
    assert {key.split()[0] for key in project.versions()} == {"price-base", "price-AAA", "price-BBB"}
    for name in ("price-base", "price-AAA", "price-BBB"):
        assert project.client().get_registered_model(name).aliases == {"candidate": 1}
    (parent,) = project.runs("pipeline")
    counts = {"download": 1, "build_features": 1, "train_base": 2, "finetune": 4, "walk_forward": 1, "evaluate": 1}
    counts |= {"train_ppo": 3, "generate_explanations": 1}
    for stage, count in counts.items():
        runs = project.runs(stage)
        assert len(runs) == count, stage
        assert {run.data.tags["mlflow.parentRunId"] for run in runs} == {parent.info.run_id}
        assert {run.info.status for run in runs} == {"FINISHED"}
        assert {run.data.tags["tradeproof.synthetic"] for run in runs} == {"true"}
    metrics = project.runs("train_base")[0].data.metrics
    for name in ("train/loss", "eval/loss", "profit/total_return", "profit/max_drawdown", "profit/total_trades"):
        assert name in metrics
    for curves in ("base", "finetuned/AAA", "finetuned/BBB", "base/seeds/8", "finetuned/AAA/seeds/8", "ppo/seeds/8"):
        assert list((project.folder / "runs" / "tensorboard" / curves).glob("events*"))
    version = project.client().get_model_version("price-AAA", "1")
    assert "AAA" in version.description
    assert version.tags["tradeproof.contract_hash"]
    assert version.tags["git.commit"]


def test_the_policy_and_its_explanations_are_there_and_true(project):
    metrics = project.runs("train_ppo")[0].data.metrics.keys() | project.runs("train_ppo")[-1].data.metrics.keys()
    for name in ("train/reward", "train/equity", "train/approx_kl", "train/entropy", "train/explained_variance"):
        assert name in metrics
    assert {"train/steps_per_second", "validation/log_growth", "validation/log_growth_deviation"} <= metrics
    policies = json.loads((project.folder / "artifacts" / "train_ppo" / "metrics.json").read_text())
    assert sorted(policies["seeds"]) == ["7", "8"]
    growths = {seed: own["validation/log_growth"] for seed, own in policies["seeds"].items()}
    assert growths[str(policies["chosen_seed"])] == max(growths.values())
    folder = project.folder / "artifacts" / "generate_explanations"
    audit = json.loads((folder / "audit.json").read_text())
    assert audit["rows"]["all"] == 120
    assert audit["claims"]["true"] > 500
    assert (audit["claims"]["false"], audit["claims"]["unverifiable"]) == (0, 0)
    assert len(json.loads((folder / "train_data.json").read_text())) == audit["rows"]["train"]
    profit = json.loads((project.folder / "artifacts" / "evaluate" / "metrics.json").read_text())["test"]["profit"]
    assert "ppo" in profit


def test_a_second_run_changes_nothing(project):
    before, locked, versions = len(project.runs("register")), project.outs(), project.versions()
    output = project.repro()
    assert project.stages(output) == ["register"]
    assert output.count("(unchanged)") == 3
    assert (len(project.runs("register")), project.outs(), project.versions()) == (before, locked, versions)
    assert project.run("git", "status", "--porcelain") == ""
    project.repro("--allow-missing", "--dry")


def test_running_everything_again_gives_the_same_hashes(project):
    locked, versions = project.outs(), project.versions()
    shutil.rmtree(project.folder / "artifacts")
    project.repro("--force")
    assert project.outs() == locked
    assert project.versions() == versions


def test_a_new_database_is_filled_from_finished_outputs(project):
    before = project.versions()
    (project.folder / "mlflow.db").rename(project.folder / "old.db")
    try:
        assert project.stages(project.repro()) == ["register"]
        assert project.versions() == before
    finally:
        (project.folder / "old.db").replace(project.folder / "mlflow.db")


def test_a_loaded_model_forecasts_what_was_tested(project):
    import pandas as pd

    mlflow.set_tracking_uri(f"sqlite:///{project.folder / 'mlflow.db'}")
    mlflow.set_registry_uri(f"sqlite:///{project.folder / 'mlflow.db'}")
    loaded = mlflow.pyfunc.load_model("models:/price-BBB@candidate")
    bars = pd.read_parquet(project.folder / "artifacts" / "download" / "bars.parquet")
    served = loaded.predict(bars[bars["ticker"] == "BBB"].reset_index(drop=True))
    tested = pd.read_parquet(project.folder / "artifacts" / "evaluate" / "forecasts.parquet")
    tested = tested[(tested["model"] == "finetuned") & (tested["ticker"] == "BBB")].tail(len(served))
    levels = [column for column in served.columns if column.startswith("q")]
    assert len(levels) == 9
    assert served[levels].to_numpy() == pytest.approx(tested[levels].to_numpy(), abs=1e-7)
    example = loaded.metadata.load_input_example(mlflow.artifacts.download_artifacts("models:/price-BBB@candidate"))
    assert loaded.predict(example)["horizon"].tolist() == [1, 5, 20]


def test_adding_a_ticker_trains_one_and_dropping_it_leaves_nothing(project):
    set_params(project.folder, {"universe.tickers": ["AAA", "BBB", "NEW-9"]})
    ran = project.stages(project.repro())
    trained = ["finetune@NEW-9", "walk_forward"]
    assert ran == ["download", "build_features", *trained, "generate_explanations", "evaluate", "register"]
    assert "price-NEW-9 v1" in project.versions()
    metrics = (project.folder / "artifacts" / "evaluate" / "metrics.json").read_text()
    assert "NEW-9" in metrics
    set_params(project.folder, {"universe.tickers": ["AAA", "BBB"]})
    ran = project.stages(project.repro())
    assert [stage for stage in ran if stage.startswith(("train", "finetune"))] == []
    assert not (project.folder / "artifacts" / "finetune" / "NEW-9").exists()
    evaluated = [path for path in (project.folder / "artifacts" / "evaluate").rglob("*") if path.is_file()]
    assert evaluated
    assert [path.name for path in evaluated if path.suffix != ".png" and b"NEW-9" in path.read_bytes()] == []
    project.run("git", "checkout", "-q", ".")
    project.repro()


def test_metrics_and_experiments_work_as_dvc_users_expect(project):
    output = project.run("dvc", "exp", "run", "--name", "dear", "-S", "costs.commission=0.02")
    assert "finetune@AAA" in output
    (difference,) = json.loads(project.run("dvc", "metrics", "diff", "--json")).values()
    assert difference["finetuned.profit/buy_and_hold_total_return"]["diff"] < 0
    assert "dear" in project.run("dvc", "exp", "show", "--csv")
    plots = project.run("dvc", "plots", "diff", "--json")
    assert "equity" in plots
    (run,) = [run for run in project.runs("pipeline") if run.info.run_name == "dear"]
    assert run.data.params["costs.commission"] == "0.02"
    project.run("git", "checkout", "-q", ".")
    project.run("dvc", "checkout", "-q")


@pytest.mark.parametrize(
    ("stage", "after_seconds"),
    [
        ("download", 1.5),
        ("build_features", 2.0),
        ("train_base", 4.0),
        ("finetune@AAA", 4.0),
        ("walk_forward", 4.0),
        ("train_ppo", 4.0),
        ("generate_explanations", 5.0),
        ("evaluate", 3.0),
        ("register", 1.5),
    ],
)
def test_kill_9_in_any_stage_then_a_run_that_finishes(project, stage, after_seconds):
    """The process of the stage is killed in its work, at a moment that differs from stage to stage."""
    locked = project.outs()
    running = subprocess.Popen(
        ["dvc", "repro", "--force", "--single-item", stage],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    killed = kill_the_stage(running, after_seconds)
    assert running.wait() != 0
    assert killed
    half_written = [path for path in (project.folder / "artifacts").rglob("*") if ".aside-" in str(path)]
    output = project.repro()
    assert stage in [*project.stages(output), "register"] or half_written == []
    assert project.outs() == locked
    assert [path for path in (project.folder / "artifacts").rglob(".aside-*") if path.is_dir()] == []


def kill_the_stage(running, after_seconds):
    """Kill the stage's process once it has run for so long; returns whether it was still there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        for child in psutil.Process(running.pid).children(recursive=True):
            try:
                is_stage = any(word.endswith("/tradeproof") for word in child.cmdline())
                old_enough = time.time() - child.create_time() > after_seconds
            except psutil.Error:
                continue
            if is_stage and old_enough:
                child.send_signal(signal.SIGKILL)
                return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"split.purged_size": 1}, "error: params.yaml: 1 fault: split.purged_size is 1"),
        ({"data.source": "snapshot", "data.start": "2004-01-05"}, "error: .*AAA"),
        ({"data.source": "folder", "data.path": "nowhere.csv"}, "error: .*nowhere.csv"),
    ],
)
def test_a_user_s_mistake_is_one_line_and_exit_code_2(project, changes, expected):
    import re

    before = sorted(path for path in (project.folder / "artifacts" / "download").rglob("*"))
    set_params(project.folder, changes)
    done = subprocess.run(
        ["tradeproof", "download"],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    project.run("git", "checkout", "-q", "params.yaml")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert re.search(expected, done.stderr)
    assert sorted(path for path in (project.folder / "artifacts" / "download").rglob("*")) == before


def test_an_unknown_ticker_is_named(project):
    output = project.run("tradeproof", "finetune", "--ticker", "XXX", expect=2)
    assert "--ticker is 'XXX', expected one of universe.tickers ['AAA', 'BBB']" in output


def test_mlflow_run_puts_the_stages_under_its_own_run(project):
    set_params(project.folder, {"evaluate.bootstrap_resamples": 120})
    store = f"sqlite:///{project.folder}/mlflow.db"
    output = project.run("mlflow", "run", ".", "--env-manager", "local", MLFLOW_TRACKING_URI=store)
    project.run("git", "checkout", "-q", ".")
    project.run("dvc", "checkout", "-q")
    assert project.stages(output) == ["evaluate", "register"]
    client = project.client()
    stages = [run for run in client.search_runs(["0"]) if run.data.tags.get("tradeproof.stage") != "pipeline"]
    assert {run.data.tags["tradeproof.stage"] for run in stages} == {"evaluate", "register"}
    (parent_id,) = {run.data.tags["mlflow.parentRunId"] for run in stages}
    parent = client.get_run(parent_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["mlflow.project.entryPoint"] == "main"
    assert parent.data.params["evaluate.bootstrap_resamples"] == "120"


@pytest.mark.parametrize(
    "stage",
    [
        "download",
        "build_features",
        "train_base",
        "finetune",
        "walk_forward",
        "train_ppo",
        "generate_explanations",
        "evaluate",
        "register",
    ],
)
def test_a_full_disk_is_one_line_and_leaves_what_was_there(project, tmp_path, stage):
    """The outputs lie on a file system that has no room left; the inputs and the tracking store lie elsewhere."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], check=False).returncode != 0:
        pytest.skip("mounting a small file system needs more rights")
    words = {"finetune": ["finetune", "--ticker", "AAA"]}.get(stage, [stage])
    try:
        (tmp_path / "artifacts" / stage).mkdir(parents=True)
        for finished in (project.folder / "artifacts").iterdir():
            if finished.name != stage and finished.is_dir():
                (tmp_path / "artifacts" / finished.name).symlink_to(finished)
        (tmp_path / "artifacts" / stage / "old").write_text("old")
        for name in ("params.yaml", "data"):
            (tmp_path / name).symlink_to(project.folder / name)
        fill_up(tmp_path / "filler")
        done = subprocess.run(
            ["tradeproof", *words],
            cwd=tmp_path,
            env={**project.environment, "DVC_ROOT": str(project.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert (tmp_path / "artifacts" / stage / "old").read_text() == "old"
        assert "expected room on the disk" in done.stderr.strip().splitlines()[-1]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def fill_up(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return
