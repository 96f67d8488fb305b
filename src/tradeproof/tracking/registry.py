"""The model registry: one version per content, found by its hash, and aliases that point to versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradeproof.tracking.store import tracking_client, tracking_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CONTENT = "tradeproof.content_sha256"
PENDING = "tradeproof.pending"
DESCRIPTION_LIMIT = 5000  # characters that MLflow keeps


@dataclass(frozen=True)
class LoggedModel:
    """A model that a run has logged and no name points to yet."""

    uri: str
    run_id: str
    model_id: str


class Registry:
    """The registered models of a tracking store."""

    def __init__(self, client: "MlflowClient") -> None:
        self._client = client

    @classmethod
    def open(cls) -> "Registry":
        """Open the registry of the tracking store."""
        return cls(tracking_client())

    def find(self, name: str, content_sha256: str) -> int | None:
        """The version of a model that holds this content and can still be read, if there is one."""
        with tracking_errors():
            versions = self._client.search_model_versions(f"name = '{name}' and tags.`{CONTENT}` = '{content_sha256}'")
            usable = [version for version in versions if PENDING not in version.tags and _is_readable(version)]
        return max((int(version.version) for version in usable), default=None)

    def add(
        self, name: str, logged: LoggedModel, content_sha256: str, tags: Mapping[str, str], description: str
    ) -> int:
        """Register a logged model as a new version, marked as pending until `confirm` says that it loads.

        A process that is killed in between leaves a pending version, which is never found as the model's own.
        """
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

        with tracking_errors():
            try:
                self._client.create_registered_model(name)
            except MlflowException as e:
                if e.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                    raise
            version = self._client.create_model_version(
                name,
                source=logged.uri,
                run_id=logged.run_id,
                tags={**tags, CONTENT: content_sha256, PENDING: "not yet loaded back"},
                description=description[:DESCRIPTION_LIMIT],
                model_id=logged.model_id,
            )
        return int(version.version)

    def confirm(self, name: str, version: int) -> None:
        """Say that a version was loaded back and gave the numbers it was tested with."""
        with tracking_errors():
            self._client.delete_model_version_tag(name, str(version), PENDING)

    def discard(self, name: str, version: int) -> None:
        """Remove a version that could not be confirmed."""
        with tracking_errors():
            self._client.delete_model_version(name, str(version))

    def point(self, name: str, alias: str, version: int) -> bool:
        """Let an alias point to a version; returns whether it pointed elsewhere before."""
        with tracking_errors():
            before = self._client.get_registered_model(name).aliases.get(alias)
            if before is not None and int(before) == version:
                return False
            self._client.set_registered_model_alias(name, alias, str(version))
        return True


def _is_readable(version: "ModelVersion") -> bool:
    """Whether the files of a version are still there: the database can outlive the folder of artifacts."""
    import mlflow.models
    from mlflow.exceptions import MlflowException

    try:
        mlflow.models.get_model_info(f"models:/{version.name}/{version.version}")
    except (MlflowException, OSError):
        return False
    return True
