"""Where each stage keeps its files, relative to the repository."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tradeproof.errors import DataError

META = "meta.json"
# below a model's folder: the same model from other seeds
SEEDS = "seeds"


@dataclass(frozen=True)
class Layout:
    """The folders of one repository."""

    root: Path

    @property
    def download(self) -> Path:
        """Bars that passed the quality gate, and their manifest."""
        return self.root / "artifacts" / "download"

    @property
    def features(self) -> Path:
        """Feature tables and their contract."""
        return self.root / "artifacts" / "build_features"

    @property
    def base(self) -> Path:
        """The base price model."""
        return self.root / "artifacts" / "train_base"

    @property
    def finetuned(self) -> Path:
        """The folder that holds one price model per ticker."""
        return self.root / "artifacts" / "finetune"

    @property
    def walk_forward(self) -> Path:
        """Forecasts of models that were trained again and again as time went by."""
        return self.root / "artifacts" / "walk_forward"

    @property
    def ppo(self) -> Path:
        """The policies, one per seed, and which of them was chosen."""
        return self.root / "artifacts" / "train_ppo"

    @property
    def explanations(self) -> Path:
        """Training rows for an LLM, and their audit."""
        return self.root / "artifacts" / "generate_explanations"

    @property
    def evaluation(self) -> Path:
        """Scores, plots, report and the forecasts they were computed from."""
        return self.root / "artifacts" / "evaluate"

    @property
    def registration(self) -> Path:
        """What the registry holds."""
        return self.root / "artifacts" / "register"

    def checkpoints(self, stage: str) -> Path:
        """Scratch folder of a training stage; tracked by nothing."""
        return self.root / "runs" / "checkpoints" / stage

    def log(self, stage: str, ticker: str | None = None, further_seed: int | None = None) -> Path:
        """The reports of a training stage as text; tracked by nothing."""
        folder = self.root / "runs" / "logs" / stage
        if further_seed is not None:
            folder = folder / SEEDS / str(further_seed)
        path = folder if ticker is None else folder / ticker
        return path.with_name(f"{path.name}.log")

    def manifest(self) -> Path:
        """Where the bars came from and what the quality gate found."""
        return self.download / "manifest.json"

    def bars(self) -> Path:
        """All bars in long form."""
        return self.download / "bars.parquet"

    def contract(self) -> Path:
        """The feature contract."""
        return self.features / "contract.json"

    def base_table(self) -> Path:
        """The feature tables of the base model's tickers, in long form."""
        return self.features / "base.parquet"

    def policy(self) -> Path:
        """The policy that validation chose."""
        return self.ppo / "policy.zip"

    def policy_of(self, seed: int) -> Path:
        """The policy of one seed."""
        return self.ppo / SEEDS / str(seed) / "policy.zip"

    def forecasts(self) -> Path:
        """What the models forecast on the test split."""
        return self.evaluation / "forecasts.parquet"

    def walked(self) -> Path:
        """What the models of each fold forecast of its test period."""
        return self.walk_forward / "forecasts.parquet"

    def table(self, ticker: str) -> Path:
        """The feature table of one ticker."""
        return self.features / "tickers" / f"{ticker}.parquet"


def seed_folder(folder: Path, first: int, seed: int) -> Path:
    """Where a model's folder keeps the model of one seed: the first seed's is the folder itself."""
    return folder if seed == first else folder / SEEDS / str(seed)


def sweep_dropped(finetuned: Path, tickers: Iterable[str]) -> list[str]:
    """Remove the models of tickers that left the universe: DVC keeps the outputs of a stage that is no more.

    They come back from DVC's cache when the ticker does. A folder that is no such model is refused, not removed.

    Returns:
        The tickers whose models were removed.

    Raises:
        DataError: A stranger stands in the folder.
    """
    wanted = set(tickers)
    dropped = []
    for folder in sorted(finetuned.iterdir()) if finetuned.is_dir() else []:
        if folder.name in wanted or folder.name.startswith("."):
            continue
        if not (folder / META).is_file():
            raise DataError(
                f"{folder} belongs to no ticker of universe.tickers {sorted(wanted)} and is no model of this "
                "pipeline; expected only models there. Move it away and run again"
            )
        shutil.rmtree(folder)
        dropped.append(folder.name)
    return dropped
