"""What every stage does around its own work: read params, open its run, tell where its inputs came from."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradeproof.params import AllParams, load_params
from tradeproof.runtime.files import read_json, replace_folder
from tradeproof.runtime.processes import is_main_process
from tradeproof.stages.layout import Layout
from tradeproof.tracking.lineage import command_line, package_versions
from tradeproof.tracking.runs import SilentRun, StageIdentity, StageRun, stage_run


@contextmanager
def open_stage(
    identity: StageIdentity, sections: Sequence[str], params_path: Path
) -> Iterator[tuple[AllParams, StageRun]]:
    """Read the params and open the stage's run; of several processes of one stage, the main one has a run.

    Args:
        identity: The stage.
        sections: The sections of the params file that it reads.
        params_path: The params file.
    """
    params = load_params(params_path)
    if identity.further_seed is not None:
        params = params.model_copy(update={"seed": identity.further_seed})
    everything = params.model_dump(mode="json", by_alias=True)
    chosen = {section: everything[section] for section in sections}
    if not is_main_process():
        yield params, SilentRun()
        return
    with stage_run(identity, params.tracking.experiment, params.seed, chosen, everything) as run:
        yield params, run


@contextmanager
def written(folder: Path) -> Iterator[Path]:
    """A folder to write in place of `folder`; of several processes that train together the main one's is kept."""
    if is_main_process():
        with replace_folder(folder) as aside:
            yield aside
    else:
        with tempfile.TemporaryDirectory() as nowhere:
            yield Path(nowhere)


def seeds_of(params: AllParams) -> list[int]:
    """The seeds that price models are trained with; the model of the first one is used, the others show the spread."""
    return [params.seed + place for place in range(params.train_base.seeds)]


def tag_inputs(run: StageRun, layout: Layout) -> dict[str, Any]:
    """Tag a run with the hashes of its data and contract; returns the manifest of the bars."""
    manifest = read_json(layout.manifest())
    contract = read_json(layout.contract())
    run.set_tags(
        {
            "tradeproof.data_sha256": manifest["sha256"],
            "tradeproof.data_source": manifest["source"],
            "tradeproof.synthetic": str(manifest["synthetic"]).lower(),
            "tradeproof.contract_hash": contract["hash"],
        }
    )
    return manifest


def model_meta(sections: Mapping[str, Any], seed: int, data_sha256: str, stage: str) -> dict[str, Any]:
    """What stands beside a model: params, seed, data, packages and command; no time and no commit.

    The commit is kept with the run and the registered version: inside the artifact it would change the hash of a
    model with every commit that does not touch it.
    """
    return {
        "stage": stage,
        "command": command_line(),
        "seed": seed,
        "data_sha256": data_sha256,
        "packages": package_versions(),
        "params": dict(sections),
    }
