"""Where runs are kept, and what a store that cannot be used is told as."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tradeproof.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient


def project_root() -> Path:
    """The repository of the project, also from inside the temporary folder of a queued DVC experiment.

    DVC exports DVC_ROOT with the folder of the real repository; a store that is anchored elsewhere would be
    deleted with the experiment's copy.
    """
    named = os.environ.get("DVC_ROOT")
    if named:
        return Path(named).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file():
            return folder
    return here


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, else a sqlite file in the repository, always as an absolute path."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"


def tracking_client() -> "MlflowClient":
    """A client of the store, with MLflow's global URIs set so that models are logged there too."""
    import mlflow

    _quiet()
    uri = tracking_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(os.environ.get("MLFLOW_REGISTRY_URI") or uri)
    with tracking_errors():
        return mlflow.MlflowClient(tracking_uri=uri)


def experiment_id(client: "MlflowClient", name: str) -> str:
    """Find or create an experiment; `mlflow run` has chosen one already and exports its number."""
    chosen = os.environ.get("MLFLOW_EXPERIMENT_ID")
    if chosen:
        return chosen
    from filelock import FileLock

    with tracking_errors(), FileLock(_lock_file("experiment")):
        found = client.get_experiment_by_name(name)
        if found is None:
            local = tracking_uri().startswith("sqlite:")
            return str(client.create_experiment(name, artifact_location=_local_artifacts() if local else None))
    if found.lifecycle_stage == "deleted":
        raise TrackingError(
            f"tracking.experiment {name!r} was deleted in {tracking_uri()}; restore it "
            f"(`mlflow experiments restore -x {found.experiment_id}`) or name another one in params.yaml"
        )
    return str(found.experiment_id)


@contextmanager
def tracking_errors() -> Iterator[None]:
    """Turn what MLflow, its database and its server raise into one clear line."""
    import requests
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, requests.RequestException) as e:
        raise TrackingError(_reason(e)) from e


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    uri = tracking_uri()
    if "database is locked" in text:
        return (
            f"the tracking database {uri} is locked by another process; expected a free one. Stop that process "
            "(or run an `mlflow server` and set MLFLOW_TRACKING_URI for many writers), then run again: nothing is lost"
        )
    if "disk is full" in text or "No space left" in text:
        return f"the disk of the tracking store {uri} is full; free some room, then run again: nothing is lost"
    return f"the tracking store {uri} cannot be used: {text[:300]}; check MLFLOW_TRACKING_URI and run again"


def _local_artifacts() -> str:
    return (project_root() / "mlartifacts").as_uri()


def _lock_file(purpose: str) -> Path:
    folder = project_root() / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".{purpose}.lock"


def pipeline_lock() -> Path:
    """The file whose lock lets one process at a time look for the pipeline's parent run and create it."""
    return _lock_file("pipeline")


def _quiet() -> None:
    """Leave out what is of no use to the reader of a pipeline's log."""
    import logging

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # the migrations of a new database, line by line; remarks on models that are logged
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # it prints the traceback of an error that tracking_errors() turns into one line
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
