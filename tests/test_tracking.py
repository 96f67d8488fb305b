"""Runs, lineage and registry on a real sqlite store in a temporary folder."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import mlflow
import pytest

from tradeproof.errors import TrackingError
from tradeproof.tracking.registry import LoggedModel, Registry
from tradeproof.tracking.runs import StageIdentity, flatten, stage_run
from tradeproof.tracking.store import tracking_client, tracking_uri


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """A migrated, empty database: making one takes seconds, copying it does not."""
    folder = tmp_path_factory.mktemp("store")
    mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def project(tmp_path, monkeypatch, empty_store):
    """A folder that is a project of its own, with nothing inherited from the process that runs the tests."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "DVC_", "TRADEPROOF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


def open_run(identity, params=None):
    return stage_run(identity, "test", 7, params or {"a": {"b": 1}}, {"seed": 7})


def children(client):
    experiment = client.get_experiment_by_name("test")
    runs = client.search_runs([experiment.experiment_id])
    return {run.data.tags["tradeproof.stage"]: run for run in runs}


def test_stages_of_one_pipeline_are_runs_under_one_parent(project, monkeypatch):
    monkeypatch.setenv("TRADEPROOF_PIPELINE", "one")
    with open_run(StageIdentity("download")) as run:
        run.log_metrics({"x": 1.0, "undefined": float("nan")})
    with open_run(StageIdentity("finetune", "SPX")) as run:
        run.log_to_parent({"final": 2.0})
    monkeypatch.setenv("TRADEPROOF_PIPELINE", "two")
    with open_run(StageIdentity("evaluate")):
        pass
    client = tracking_client()
    runs = client.search_runs([client.get_experiment_by_name("test").experiment_id])
    parents = [run for run in runs if run.data.tags["tradeproof.stage"] == "pipeline"]
    assert len(parents) == 2
    assert {run.info.status for run in runs} == {"FINISHED"}
    found = children(client)
    first = found["download"].data
    assert first.metrics == {"x": 1.0}
    assert first.params == {"a.b": "1"}
    assert first.tags["tradeproof.seed"] == "7"
    assert found["finetune"].data.tags["mlflow.runName"] == "finetune@SPX"
    assert found["finetune"].data.tags["mlflow.parentRunId"] == first.tags["mlflow.parentRunId"]
    assert found["evaluate"].data.tags["mlflow.parentRunId"] != first.tags["mlflow.parentRunId"]
    parent = client.get_run(first.tags["mlflow.parentRunId"])
    assert parent.data.metrics == {"final": 2.0}
    assert parent.data.params == {"seed": "7"}


def test_the_run_of_mlflow_run_becomes_the_parent_and_not_the_stage_s_own(project, monkeypatch):
    client = tracking_client()
    experiment = client.create_experiment("test")
    outer = client.create_run(experiment)
    monkeypatch.setenv("MLFLOW_RUN_ID", outer.info.run_id)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", experiment)
    with open_run(StageIdentity("download")) as run:
        assert run.run_id != outer.info.run_id
        assert "MLFLOW_RUN_ID" not in os.environ
    assert children(client)["download"].data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert client.get_run(outer.info.run_id).data.params == {"seed": "7"}
    assert client.get_run(outer.info.run_id).info.status == "RUNNING"  # its end is told by `mlflow run`


def test_a_stage_that_fails_leaves_a_failed_run(project):
    with pytest.raises(ZeroDivisionError), open_run(StageIdentity("download")):
        _ = 1 / 0
    client = tracking_client()
    assert {run.info.status for run in children(client).values()} == {"FAILED"}


def test_the_run_of_a_killed_process_is_closed_by_the_next_one(project):
    program = (
        "import os, signal\n"
        "from tradeproof.tracking.runs import StageIdentity, stage_run\n"
        "with stage_run(StageIdentity('train_base'), 'test', 7, {}, {}): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project, check=False)
    assert done.returncode == -signal.SIGKILL
    client = tracking_client()
    assert children(client)["train_base"].info.status == "RUNNING"
    with open_run(StageIdentity("evaluate")):
        pass
    assert children(client)["train_base"].info.status == "KILLED"


def test_tensorboard_gets_the_metrics_under_the_same_names(project):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for value in (3.0, 1.0):  # the second run replaces the curves of the first
        with open_run(StageIdentity("finetune", "SPX", "finetuned/SPX")) as run:
            run.log_metrics({"train/loss": value}, step=100)
            run.log_metrics({"train/loss": value / 2}, step=200)
    curves = EventAccumulator(str(project / "runs" / "tensorboard" / "finetuned" / "SPX"))
    curves.Reload()
    assert [(event.step, event.value) for event in curves.Scalars("train/loss")] == [(100, 1.0), (200, 0.5)]
    recorded = tracking_client().get_metric_history(
        tracking_client().search_runs(["1"], "tags.`tradeproof.stage` = 'finetune'")[0].info.run_id, "train/loss"
    )
    assert [(metric.step, metric.value) for metric in recorded] == [(100, 1.0), (200, 0.5)]


def test_the_commit_and_the_uncommitted_change_are_on_record(project):
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run([*git, "init", "-q"], cwd=project, check=True)
    (project / ".gitignore").write_text("mlflow.db\nruns\nmlartifacts\n")
    (project / "a.txt").write_text("old\n")
    subprocess.run([*git, "add", "-A"], cwd=project, check=True)
    subprocess.run([*git, "commit", "-qm", "x"], cwd=project, check=True)
    with open_run(StageIdentity("download")):
        pass
    client = tracking_client()
    clean = children(client)["download"]
    assert clean.data.tags["git.dirty"] == "false"
    assert len(clean.data.tags["mlflow.source.git.commit"]) == 40
    (project / "a.txt").write_text("new\n")
    with open_run(StageIdentity("evaluate")):
        pass
    dirty = children(client)["evaluate"]
    assert dirty.data.tags["git.dirty"] == "true"
    diff = mlflow.artifacts.load_text(f"{dirty.info.artifact_uri}/git.diff")
    assert "-old" in diff
    assert "+new" in diff


def test_the_store_is_anchored_at_the_repository_also_inside_a_queued_experiment(project, monkeypatch):
    inside = project / ".dvc" / "tmp" / "exps" / "x"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert tracking_uri() == f"sqlite:///{project}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:1")
    assert tracking_uri() == "http://localhost:1"


def test_a_locked_database_is_one_line(project):
    with open_run(StageIdentity("download")):
        pass
    holder = sqlite3.connect(project / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(TrackingError, match=r"is locked by another process.*nothing is lost") as caught:
            open_run(StageIdentity("evaluate")).__enter__()
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert "\n" not in str(caught.value)
    with open_run(StageIdentity("evaluate")):
        pass


def test_a_server_that_is_not_there_is_one_line(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match=r"http://127.0.0.1:9 cannot be used.*MLFLOW_TRACKING_URI") as caught:
        open_run(StageIdentity("evaluate")).__enter__()
    assert "\n" not in str(caught.value)


def logged_model(project):
    (project / "model.py").write_text(
        "from mlflow.models import set_model\nfrom mlflow.pyfunc import PythonModel\n"
        "class Constant(PythonModel):\n    def predict(self, context, model_input): return [1.0]\n"
        "set_model(Constant())\n"
    )
    with open_run(StageIdentity("register")) as run, mlflow.start_run(run_id=run.run_id):
        info = mlflow.pyfunc.log_model(name="m", python_model="model.py", pip_requirements=["mlflow"])
    return LoggedModel(info.model_uri, run.run_id, info.model_id)


def test_a_version_is_found_by_its_content_only_once_it_is_confirmed(project):
    logged = logged_model(project)
    registry = Registry.open()
    assert registry.find("price-SPX", "abc") is None
    version = registry.add("price-SPX", logged, "abc", {"tradeproof.seed": "7"}, "card")
    assert registry.find("price-SPX", "abc") is None
    registry.confirm("price-SPX", version)
    assert registry.find("price-SPX", "abc") == version == 1
    assert registry.find("price-SPX", "other") is None
    assert registry.find("price-IXIC", "abc") is None
    stored = tracking_client().get_model_version("price-SPX", "1")
    assert stored.description == "card"
    assert stored.tags["tradeproof.seed"] == "7"


def test_an_alias_moves_once(project):
    logged = logged_model(project)
    registry = Registry.open()
    for content in ("abc", "def"):
        registry.confirm("price-SPX", registry.add("price-SPX", logged, content, {}, ""))
    assert registry.point("price-SPX", "candidate", 1)
    assert not registry.point("price-SPX", "candidate", 1)
    assert registry.point("price-SPX", "candidate", 2)
    assert mlflow.MlflowClient().get_model_version_by_alias("price-SPX", "candidate").version == 2


def test_a_version_whose_files_are_gone_is_not_found(project):
    logged = logged_model(project)
    registry = Registry.open()
    registry.confirm("price-SPX", registry.add("price-SPX", logged, "abc", {}, ""))
    shutil.rmtree(project / "mlartifacts")
    assert registry.find("price-SPX", "abc") is None


def test_flatten_gives_leaves_dotted_keys():
    assert flatten({"a": {"b": {"c": 1}, "d": [1, 2]}, "e": None}) == {"a.b.c": 1, "a.d": [1, 2], "e": None}
