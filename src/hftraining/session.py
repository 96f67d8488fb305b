"""One training of the guide: bars in, a tracked run and a model's folder out; each step is the pipeline's own."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hftraining.configuration import TrainingConfiguration
from tradeproof.data.acquisition import Acquired, acquire_bars
from tradeproof.data.bars import bars_to_bytes, tidy_bars
from tradeproof.data.snapshot import read_snapshot
from tradeproof.errors import DataError
from tradeproof.features.contract import FeatureContract, feature_contract
from tradeproof.features.table import build_table
from tradeproof.params import AllParams
from tradeproof.runtime.files import replace_folder, storage_errors, write_text
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import model_meta
from tradeproof.tracking.runs import StageIdentity, StageRun, stage_run

if TYPE_CHECKING:
    import pandas as pd

    from tradeproof.forecasting.training import TrainedForecaster

SNAPSHOT, YAHOO = "snapshot", "yahoo"
SECTIONS = ("universe", "data", "split", "costs", "profit", "build_features")
Log = Callable[[Mapping[str, float], int], None]


@dataclass(frozen=True)
class Material:
    """What models learn from.

    Attributes:
        params: Of this training.
        tables: Feature tables by ticker.
        contract: What their columns mean.
        sha256: Hash of the bars.
        source: Where the bars come from.
        synthetic: Whether no market made them.
    """

    params: AllParams
    tables: Mapping[str, "pd.DataFrame"]
    contract: FeatureContract
    sha256: str
    source: str
    synthetic: bool

    def suits(self, params: AllParams) -> bool:
        """Whether other params would give the same bars and features."""
        return (params.data, params.seed) == (self.params.data, self.params.seed)

    def restricted(self, tickers: list[str], params: AllParams) -> "Material":
        """The part of some tickers, for a training by other params."""
        return replace(self, params=params, tables={ticker: self.tables[ticker] for ticker in tickers})


@dataclass(frozen=True)
class Place:
    """The folders of one model below runs/.

    Attributes:
        root: The repository.
        name: "base", "finetuned/<TICKER>" or "single/<TICKER>".
    """

    root: Path
    name: str

    @property
    def model(self) -> Path:
        """Weights, config, contract, metrics and card."""
        return self.root / "runs" / "models" / self.name

    @property
    def log(self) -> Path:
        """One line of text per report of the training."""
        return self.root / "runs" / "logs" / f"{self.name}.log"

    @property
    def report(self) -> Path:
        """The model's card."""
        return self.root / "runs" / "reports" / f"{self.name}.md"

    @property
    def checkpoints(self) -> Path:
        """What an interrupted training goes on from."""
        return Layout(self.root).checkpoints("hftraining") / self.name


def gather(config: TrainingConfiguration, tickers: list[str]) -> Material:
    """Fetch, check and adjust the bars of some tickers, and compute their features.

    Where params ask for the snapshot and it lacks a ticker, Yahoo is asked for that one, and said so beforehand.

    Raises:
        ParamsError: A ticker or a changed value that cannot be.
        DataError: Bars that cannot be had or used.
    """
    import pandas as pd

    params = config.for_tickers(tickers)
    parts = [_acquire(config, source, own) for source, own in _sources(config, params).items()]
    bars = tidy_bars(pd.concat([part.bars for part in parts], ignore_index=True))
    tables = {
        ticker: build_table(bars[bars["ticker"] == ticker].reset_index(drop=True), params.build_features)
        for ticker in params.universe.tickers
    }
    return Material(
        params=params,
        tables=tables,
        contract=feature_contract(params.build_features),
        sha256=hashlib.sha256(bars_to_bytes(bars)).hexdigest(),
        source=" and ".join(str(part.manifest["source"]) for part in parts),
        synthetic=any(part.manifest["synthetic"] for part in parts),
    )


@contextmanager
def open_run(identity: StageIdentity, material: Material, root: Path, section: str) -> Iterator[StageRun]:
    """Open the MLflow run of one training, with params, hashes and data set; its store is that of the repository.

    Args:
        identity: Which training.
        material: What it learns from.
        root: The repository.
        section: The params of the training itself, train_base or finetune.
    """
    import pandas as pd

    params = material.params
    everything = params.model_dump(mode="json", by_alias=True)
    chosen = {key: everything[key] for key in (*SECTIONS, section)}
    with chdir(root), stage_run(identity, params.tracking.experiment, params.seed, chosen, everything) as run:
        run.set_tags(
            {
                "tradeproof.data_sha256": material.sha256,
                "tradeproof.data_source": material.source,
                "tradeproof.synthetic": str(material.synthetic).lower(),
                "tradeproof.contract_hash": material.contract.hash,
            }
        )
        rows = pd.concat(list(material.tables.values()), ignore_index=True)
        run.log_dataset(rows, "features", material.sha256, material.source)
        yield run


@contextmanager
def open_log(run: StageRun, path: Path) -> Iterator[Log]:
    """Log metrics to the run, and to a text file of one line per step; the file of the last training is replaced."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:

            def log(metrics: Mapping[str, float], step: int) -> None:
                run.log_metrics(metrics, step)
                shown = " ".join(f"{key} {value:.6g}" for key, value in metrics.items())
                file.write(f"step {step} | {shown}\n")
                file.flush()

            yield log


def keep(
    trained: "TrainedForecaster",
    material: Material,
    place: Place,
    run: StageRun,
    stage: str,
    section: str,
    origin: Mapping[str, Any],
) -> None:
    """Write the model's folder and its report, put both into the run, and say in one line what the model is worth.

    Args:
        trained: The model and how it came out.
        material: What it has learnt from.
        place: Where to.
        run: Its run.
        stage: Which training, for the model's meta.json.
        section: train_base or finetune.
        origin: More for meta.json, such as the hash of the base model.
    """
    from tradeproof.forecasting.artifact import save_forecaster

    everything = material.params.model_dump(mode="json", by_alias=True)
    sections = {key: everything[key] for key in ("split", "costs", "profit", section)}
    meta = model_meta(sections, material.params.seed, material.sha256, stage)
    with replace_folder(place.model) as folder:
        save_forecaster(folder, trained, {**meta, **origin}, material.contract)
    write_text(place.report, (place.model / "README.md").read_text(encoding="utf-8"))
    run.log_artifacts(place.model, "model")
    figures = trained.metrics
    sys.stdout.write(
        f"{place.name}: {place.model} | eval/loss {figures['eval/loss']:.6g} at step {trained.best_step} "
        f"({trained.chosen}) | profit/total_return {figures['profit/total_return']:.4g} beside buy-and-hold "
        f"{figures['profit/buy_and_hold_total_return']:.4g}\n"
    )


def _sources(config: TrainingConfiguration, params: AllParams) -> dict[str, list[str]]:
    """Which tickers each source is asked for."""
    tickers = params.universe.tickers
    if params.data.source != SNAPSHOT:
        return {params.data.source: tickers}
    there = read_snapshot(config.root / params.data.path).metadata["tickers"]
    absent = [ticker for ticker in tickers if ticker not in there]
    if not absent:
        return {SNAPSHOT: tickers}
    sys.stderr.write(
        f"the snapshot in {params.data.path}/ holds {', '.join(sorted(there))}; asking Yahoo for {', '.join(absent)}, "
        f"{params.data.start} to {params.data.end}\n"
    )
    present = [ticker for ticker in tickers if ticker in there]
    return ({SNAPSHOT: present} if present else {}) | {YAHOO: absent}


def _acquire(config: TrainingConfiguration, source: str, tickers: list[str]) -> Acquired:
    params = config.for_tickers(tickers)
    asked = params.model_copy(update={"data": params.data.model_copy(update={"source": source})})
    try:
        return acquire_bars(asked, config.root)
    except DataError as e:
        if source != YAHOO:
            raise
        raise DataError(
            f"{e}. Local bars will do as well: --data FILE_OR_FOLDER (in Python: data=), or data.source in params.yaml"
        ) from e
