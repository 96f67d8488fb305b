"""Several processes of one stage: the main one writes, opens runs and shows progress, the others only compute."""

import json
import shutil

import pytest

from test_pipeline import TINY, Project, set_params
from tradeproof.progress import progress, say
from tradeproof.runtime.processes import is_main_process, process_count, process_rank
from tradeproof.tracking.runs import SilentRun, StageRun

SEEDS = TINY["train_base.seeds"]


@pytest.fixture
def second(monkeypatch):
    """Environment of the second of two processes, as torchrun sets it."""
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)


def test_a_process_that_torchrun_did_not_start_is_alone(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert (process_count(), process_rank(), is_main_process()) == (1, 0, True)


def test_the_second_process_is_silent(second, capfd):
    assert (process_count(), process_rank(), is_main_process()) == (2, 1, False)
    with progress("name", 2) as bar:
        bar.update(2, {"loss": 1.0})
    say("text")
    assert capfd.readouterr() == ("", "")


def test_a_silent_run_takes_all_that_a_run_takes_and_needs_no_store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////nowhere/mlflow.db")
    run = SilentRun()
    run.log_metrics({"loss": 1.0}, 3)
    run.log_to_parent({"loss": 1.0})
    run.log_nested_metrics({"a": {"b": 1.0}})
    run.log_model_metrics("model", {"loss": 1.0})
    run.log_params({"a": 1})
    run.set_tags({"a": "b"})
    run.log_artifacts(tmp_path)
    run.log_dataset(None, "name", "digest", "source")
    logging = {name for name in vars(StageRun) if name.startswith(("log_", "set_"))}
    assert logging == {
        "log_artifacts",
        "log_dataset",
        "log_metrics",
        "log_model_metrics",
        "log_nested_metrics",
        "log_params",
        "log_to_parent",
        "set_tags",
    }


@pytest.mark.slow
def test_a_stage_on_two_processes_is_one_run_and_one_model_per_seed_with_the_metrics_of_one_process(
    tmp_path, repository
):
    project = Project(tmp_path, repository)
    set_params(project.folder, {"train_base.dropout": 0.0})
    for stage in ("download", "build_features"):
        project.run("tradeproof", stage)
    found = []
    for words in ((), ("torchrun", "--standalone", "--nproc-per-node", "2", "--no-python")):
        output = project.run(*words, "tradeproof", "train_base", CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")
        assert output.count("train_base: step 12 of 12") == SEEDS
        found.append(json.loads((project.folder / "artifacts" / "train_base" / "metrics.json").read_text()))
        assert len(project.runs("train_base")) == SEEDS * len(found)
        shutil.rmtree(project.folder / "artifacts" / "train_base")
    assert {run.info.status for run in project.runs("train_base")} == {"FINISHED"}
    alone, together = found
    assert alone.keys() == together.keys()
    figures = {name: value for name, value in alone.items() if value is not None}  # null: undefined
    assert len(figures) > 12
    assert {name: together[name] for name in figures} == pytest.approx(figures, rel=1e-4)
    assert list((project.folder / "runs" / "checkpoints" / "train_base").iterdir()) == []
