"""One MLflow run per stage, under one parent run per execution of the pipeline."""

import math
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradeproof.runtime.processes import is_alive, pipeline_identity, process_identity
from tradeproof.tracking.lineage import code_state, command_line, package_versions
from tradeproof.tracking.store import (
    experiment_id,
    pipeline_lock,
    project_root,
    tracking_client,
    tracking_errors,
)

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

PARENT = "mlflow.parentRunId"
NAME = "mlflow.runName"
PIPELINE = "tradeproof.pipeline"
PROCESS = "tradeproof.process"
STAGE = "tradeproof.stage"
BATCH = 100  # params per call that MLflow accepts
METRIC_BATCH = 1000  # and metrics


@dataclass(frozen=True)
class StageIdentity:
    """Which stage runs: its DVC name, the folder of its TensorBoard curves, and a further seed, where it has them."""

    stage: str
    ticker: str | None = None
    tensorboard: str | None = None
    further_seed: int | None = None

    @property
    def name(self) -> str:
        """The name that DVC gives it."""
        return self.stage if self.ticker is None else f"{self.stage}@{self.ticker}"

    @property
    def run_name(self) -> str:
        """What its MLflow run is called."""
        return self.name if self.further_seed is None else f"{self.name} seed {self.further_seed}"


class StageRun:
    """An open run; what is logged goes to MLflow and, where the stage has curves, to TensorBoard."""

    def __init__(self, client: "MlflowClient", run_id: str, parent_id: str, curves: "EventFileWriter | None") -> None:
        self.run_id = run_id
        self.parent_id = parent_id
        self._client = client
        self._curves = curves

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Log finite metrics at a step; one that is not a number has no value to log and is left out."""
        finite = {key: float(value) for key, value in metrics.items() if math.isfinite(value)}
        self._log(self.run_id, finite, step)
        if self._curves is not None:
            _add_scalars(self._curves, finite, step)

    def log_to_parent(self, metrics: Mapping[str, float]) -> None:
        """Log final metrics on the pipeline's run, so that two pipelines compare in one row each."""
        self._log(self.parent_id, {key: float(value) for key, value in metrics.items() if math.isfinite(value)}, 0)

    def log_nested_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Log the numbers of nested sections under keys joined by slashes."""
        self.log_metrics(
            {
                key.replace(".", "/"): float(value)
                for key, value in flatten(metrics).items()
                if isinstance(value, int | float) and not isinstance(value, bool)
            }
        )

    def log_model_metrics(self, model_id: str, metrics: Mapping[str, float]) -> None:
        """Log final metrics of a logged model, which the registry's pages then show beside it."""
        self._log(self.run_id, metrics, 0, model_id)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log the values of nested sections under dotted keys."""
        _log_params(self._client, self.run_id, params)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags, such as the hashes of data and contract."""
        with tracking_errors():
            for key, value in tags.items():
                self._client.set_tag(self.run_id, key, value)

    def log_artifacts(self, folder: Path, below: str | None = None) -> None:
        """Copy a folder's files to the run."""
        with tracking_errors():
            self._client.log_artifacts(self.run_id, str(folder), below)

    def log_dataset(self, frame: "pd.DataFrame", name: str, digest: str, source: str) -> None:
        """Record which data the run used.

        Args:
            frame: The data; only its columns and its size are stored.
            name: What it is called in the tracking page.
            digest: SHA-256 of the file it came from, in hex.
            source: The file, relative to the repository.
        """
        import mlflow.data
        from mlflow.entities import Dataset, DatasetInput

        with warnings.catch_warnings():
            # MLflow finds two registered readers of local files, both its own
            warnings.filterwarnings("ignore", "The specified dataset source can be interpreted in multiple ways")
            data: Any = mlflow.data.from_pandas(frame, source=source, name=name, digest=digest[:36])
        with tracking_errors():
            self._client.log_inputs(self.run_id, [DatasetInput(dataset=Dataset.from_dictionary(data.to_dict()))])

    def _log(self, run_id: str, metrics: Mapping[str, float], step: int, model_id: str | None = None) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entries = [Metric(key, value, now, step, model_id) for key, value in metrics.items()]
        with tracking_errors():
            for start in range(0, len(entries), METRIC_BATCH):
                self._client.log_batch(run_id, metrics=entries[start : start + METRIC_BATCH])


class SilentRun(StageRun):
    """The run of a process that only helps to compute: nothing is opened, nothing is logged."""

    def __init__(self) -> None:
        self.run_id = self.parent_id = ""
        self._curves = None

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Leave it to the main process."""

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Leave it to the main process."""

    def log_artifacts(self, folder: Path, below: str | None = None) -> None:
        """Leave it to the main process."""

    def log_dataset(self, frame: "pd.DataFrame", name: str, digest: str, source: str) -> None:
        """Leave it to the main process."""

    def _log(self, run_id: str, metrics: Mapping[str, float], step: int, model_id: str | None = None) -> None:
        pass


@contextmanager
def stage_run(
    identity: StageIdentity, experiment: str, seed: int, params: Mapping[str, Any], everything: Mapping[str, Any]
) -> Iterator[StageRun]:
    """Open the run of a stage under the run of its pipeline, and close it with the state it ended in.

    Args:
        identity: The stage.
        experiment: Name of the MLflow experiment.
        seed: The seed it uses.
        params: The sections it reads, logged on its run.
        everything: The whole params file, logged once on the pipeline's run.

    Raises:
        TrackingError: The store cannot be used.
    """
    # `mlflow run` exports its own run: it becomes the parent, else each stage would write into that one run
    given_parent = os.environ.pop("MLFLOW_RUN_ID", None)
    client = tracking_client()
    experiment_number = experiment_id(client, experiment)
    with tracking_errors():
        _close_orphans(client, experiment_number)
        parent_id = given_parent or _pipeline_run(client, experiment_number, everything)
        run_id = _create_run(client, experiment_number, identity, parent_id, seed)
        if given_parent is None:
            client.update_run(parent_id, status="RUNNING")
        else:
            client.set_tag(parent_id, STAGE, "pipeline")
            _log_params(client, parent_id, everything)
    _log_params(client, run_id, params)
    curves = _open_curves(identity.tensorboard)
    status = "FAILED"
    try:
        yield StageRun(client, run_id, parent_id, curves)
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        if curves is not None:
            curves.close()
        with tracking_errors():
            client.set_terminated(run_id, status)
            if given_parent is None:
                client.set_terminated(parent_id, status)


def _create_run(client: "MlflowClient", experiment: str, identity: StageIdentity, parent_id: str, seed: int) -> str:
    code = code_state(Path.cwd())
    tags = {
        PARENT: parent_id,
        STAGE: identity.stage,
        PROCESS: process_identity(),
        "tradeproof.seed": str(seed),
        "tradeproof.command": command_line(),
        "dvc.stage": os.environ.get("DVC_STAGE", identity.name),
        "dvc.experiment": os.environ.get("DVC_EXP_NAME", ""),
        "git.dirty": str(code.is_dirty).lower(),
        "mlflow.source.git.commit": code.commit,
        "mlflow.source.name": identity.name,
        "mlflow.source.type": "PROJECT",
    }
    if identity.ticker is not None:
        tags["tradeproof.ticker"] = identity.ticker
    run = client.create_run(
        experiment, run_name=identity.run_name, tags={key: value for key, value in tags.items() if value}
    )
    run_id = str(run.info.run_id)
    client.log_dict(run_id, package_versions(), "packages.json")
    if code.diff:
        client.log_text(run_id, code.diff, "git.diff")
    return run_id


def _pipeline_run(client: "MlflowClient", experiment: str, everything: Mapping[str, Any]) -> str:
    from filelock import FileLock

    pipeline = pipeline_identity()
    with FileLock(pipeline_lock()):
        found = client.search_runs([experiment], f"tags.`{PIPELINE}` = '{pipeline}'", max_results=1)
        if found:
            return str(found[0].info.run_id)
        code = code_state(Path.cwd())
        tags = {
            PIPELINE: pipeline,
            STAGE: "pipeline",
            "git.dirty": str(code.is_dirty).lower(),
            "mlflow.source.git.commit": code.commit,
            "mlflow.source.type": "PROJECT",
        }
        run = client.create_run(
            experiment,
            run_name=os.environ.get("DVC_EXP_NAME") or "pipeline",
            tags=_filled(tags),
        )
    _log_params(client, run.info.run_id, everything)
    return str(run.info.run_id)


def _filled(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if value}


def _close_orphans(client: "MlflowClient", experiment: str) -> None:
    """Mark the runs of stages that were killed, which could not say so themselves."""
    running: Sequence[Any] = client.search_runs([experiment], "attributes.status = 'RUNNING'", max_results=200)
    for run in running:
        process = run.data.tags.get(PROCESS)
        if process is not None and not is_alive(process):
            client.set_terminated(run.info.run_id, "KILLED")


def _log_params(client: "MlflowClient", run_id: str, params: Mapping[str, Any]) -> None:
    from mlflow.entities import Param

    entries = [Param(key, str(value)) for key, value in flatten(params).items()]
    with tracking_errors():
        for start in range(0, len(entries), BATCH):
            client.log_batch(run_id, params=entries[start : start + BATCH])


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give the leaves of nested mappings dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _open_curves(below: str | None) -> "EventFileWriter | None":
    if below is None:
        return None
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder = project_root() / "runs" / "tensorboard" / below
    # the curves of the last run: two runs in one folder would be drawn as one zigzag
    for old in folder.glob("events.*"):
        old.unlink()
    return EventFileWriter(str(folder))


def _add_scalars(curves: "EventFileWriter", metrics: Mapping[str, float], step: int) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = [Summary.Value(tag=key, simple_value=value) for key, value in metrics.items()]
    curves.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
