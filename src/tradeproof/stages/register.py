"""Stage register: put what was evaluated into the model registry, unless its content is there already.

The registry is a side effect that DVC cannot see, so `dvc repro` runs this stage each time: it looks every model up
by the hash of its content. What comes from a remote or from the run cache is therefore registered too, and a new
database or another server is filled; a second run finds everything and opens no run.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tradeproof.data.bars import read_bars
from tradeproof.errors import TrackingError
from tradeproof.evaluation.headline import headline
from tradeproof.params import AllParams, load_params
from tradeproof.runtime.files import read_json, sha256_folder, sha256_json, write_json
from tradeproof.stages.layout import META, SEEDS, Layout
from tradeproof.stages.session import open_stage, tag_inputs
from tradeproof.tracking.lineage import code_state
from tradeproof.tracking.registry import Registry
from tradeproof.tracking.runs import StageIdentity, StageRun

SECTIONS = ("universe", "register")
# what evaluate calls the models
BASE, FINETUNED = "base", "finetuned"
# served and tested forecasts come from the same weights on the same bars; only the order of sums differs
TOLERANCE = 1e-6  # log return
# beyond the warm-up, so that an example also holds after a few bars are cut off
SPARE_BARS = 20


@dataclass(frozen=True)
class Candidate:
    """A model of the pipeline that belongs into the registry."""

    name: str
    folder: Path
    card: Path
    model: str
    tickers: tuple[str, ...]
    content_sha256: str

    @property
    def ticker(self) -> str | None:
        """Whose model it is; None for the base model."""
        return None if self.model == BASE else self.tickers[0]


def run(params_path: Path, root: Path) -> list[str]:
    """Run the stage.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        One line per model: what the registry holds of it.

    Raises:
        TrackingError: The registry cannot be used, or a model that was loaded back gives other numbers.
    """
    params = load_params(params_path)
    layout = Layout(root)
    candidates = _candidates(params, layout)
    registry = Registry.open()
    versions = {found.name: registry.find(found.name, found.content_sha256) for found in candidates}
    missing = [found for found in candidates if versions[found.name] is None]
    if missing:
        versions |= _register(missing, params_path, layout, registry)
    alias = params.registration.alias
    lines = []
    for candidate in candidates:
        version = versions[candidate.name]
        moved = version is not None and registry.point(candidate.name, alias, version)
        state = "registered" if candidate in missing else "alias moved" if moved else "unchanged"
        lines.append(f"models:/{candidate.name}@{alias} is version {version} ({state})")
    write_json(
        layout.registration / "versions.json",
        {
            found.name: {"version": versions[found.name], "alias": alias, "content_sha256": found.content_sha256}
            for found in candidates
        },
    )
    return lines


def _candidates(params: AllParams, layout: Layout) -> list[Candidate]:
    prefix = params.registration.name_prefix
    found = [_candidate(f"{prefix}-base", layout.base, layout, BASE, tuple(params.train_base.tickers))]
    found += [
        _candidate(f"{prefix}-{ticker}", layout.finetuned / ticker, layout, FINETUNED, (ticker,))
        for ticker in params.universe.tickers
    ]
    return found


def _candidate(name: str, folder: Path, layout: Layout, model: str, tickers: tuple[str, ...]) -> Candidate:
    card = layout.evaluation / "cards" / f"{name}.md"
    # the card holds the test figures: a model that was judged anew is a new candidate
    content = sha256_json({"model": sha256_folder(folder, without=SEEDS), "card": card.read_text(encoding="utf-8")})
    return Candidate(name, folder, card, model, tickers, content)


def _register(missing: list[Candidate], params_path: Path, layout: Layout, registry: Registry) -> dict[str, int | None]:
    with open_stage(StageIdentity("register"), SECTIONS, params_path) as (params, stage):
        manifest = tag_inputs(stage, layout)
        bars = read_bars(layout.bars(), read_json(layout.manifest())["sha256"])
        tested = pd.read_parquet(layout.forecasts())
        metrics = read_json(layout.evaluation / "metrics.json")
        added: dict[str, int | None] = {}
        for candidate in missing:
            figures = metrics["tickers"][candidate.ticker] if candidate.ticker else metrics["test"]
            shown = headline(figures, candidate.model, params.profit.horizon)
            added[candidate.name] = _add(candidate, bars, tested, manifest, shown, stage, registry)
        stage.log_metrics({"register/new_versions": float(len(added))})
    return added


def _add(
    candidate: Candidate,
    bars: pd.DataFrame,
    tested: pd.DataFrame,
    manifest: Mapping[str, Any],
    figures: Mapping[str, float],
    stage: StageRun,
    registry: Registry,
) -> int:
    from tradeproof.serving.registration import largest_difference, log_price_model, served_forecasts

    wanted = tested[(tested["model"] == candidate.model) & tested["ticker"].isin(candidate.tickers)]
    last = wanted[wanted["date"] == wanted.groupby("ticker")["date"].transform("max")].drop(columns="model")
    history = bars[bars["ticker"].isin(candidate.tickers)].reset_index(drop=True)
    with tempfile.TemporaryDirectory() as scratch:
        alone = Path(scratch) / candidate.name
        shutil.copytree(candidate.folder, alone, ignore=shutil.ignore_patterns(SEEDS))
        logged = log_price_model(stage.run_id, alone, _example(candidate, history), last)
    version = registry.add(
        candidate.name,
        logged,
        candidate.content_sha256,
        _lineage(candidate, manifest),
        candidate.card.read_text(encoding="utf-8"),
    )
    served = served_forecasts(f"models:/{candidate.name}/{version}", history)
    difference = largest_difference(served, last)
    if not difference <= TOLERANCE:
        registry.discard(candidate.name, version)
        raise TrackingError(
            f"{candidate.name} forecasts otherwise after it was loaded back from the registry: largest difference "
            f"{difference:.3g}, expected at most {TOLERANCE:g}; it was not registered. Run `dvc repro -f evaluate`"
        )
    stage.log_model_metrics(logged.model_id, figures)
    registry.confirm(candidate.name, version)
    stage.log_metrics({f"register/load_back_difference_{candidate.name}": difference})
    return version


def _example(candidate: Candidate, history: pd.DataFrame) -> pd.DataFrame:
    """The latest bars of one ticker, as many as a forecast needs."""
    warm_up = int(read_json(candidate.folder / "contract.json")["warm_up"])
    bars = history[history["ticker"] == candidate.tickers[0]]
    return bars.tail(warm_up + SPARE_BARS).reset_index(drop=True)


def _lineage(candidate: Candidate, manifest: Mapping[str, Any]) -> dict[str, str]:
    meta = read_json(candidate.folder / META)
    contract = read_json(candidate.folder / "contract.json")
    code = code_state(Path.cwd())
    return {
        "tradeproof.data_sha256": str(manifest["sha256"]),
        "tradeproof.data_source": str(manifest["source"]),
        "tradeproof.synthetic": str(manifest["synthetic"]).lower(),
        "tradeproof.training_data_sha256": str(meta["data_sha256"]),
        "tradeproof.contract_hash": str(contract["hash"]),
        "tradeproof.seed": str(meta["seed"]),
        "tradeproof.dvc_stage": str(meta["stage"]),
        # "base": fine-tuning was not better on the ticker's validation split, so these are the base model's weights
        "tradeproof.chosen": str(meta["chosen"]),
        "git.commit": code.commit,
        "git.dirty": str(code.is_dirty).lower(),
    }
