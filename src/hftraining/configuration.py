"""The guide's configuration object: values of params.yaml that may be changed before a training."""

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tradeproof.errors import ParamsError
from tradeproof.params import AllParams, load_params
from tradeproof.params.loader import check_params
from tradeproof.tracking.store import project_root

PARAMS = "params.yaml"


@dataclass(slots=True)
class ModelConfiguration:
    """Size of a new model; as under train_base in params.yaml."""

    hidden_size: int
    num_layers: int
    num_heads: int


@dataclass(slots=True)
class OptimiserConfiguration:
    """One training; as under train_base or finetune in params.yaml."""

    learning_rate: float
    batch_size: int
    max_steps: int
    warmup_steps: int

    def train_for(self, steps: int) -> None:
        """Set the steps; the warm-up keeps its share of them."""
        self.warmup_steps = self.warmup_steps * steps // self.max_steps
        self.max_steps = steps


@dataclass(slots=True)
class DataConfiguration:
    """Where bars come from; as under data in params.yaml."""

    source: str
    path: str


@dataclass(slots=True)
class TrainingConfiguration:
    """What a training is asked for; a name that is none of these is refused by Python, a value by the params' schema.

    Attributes:
        model: Size of a new model.
        training: Training of the base model and of single models.
        finetuning: Training that starts from the base model.
        data: Where bars come from.
        seed: The one seed.
        root: The repository, below which everything is written.
        params: All other values.
    """

    model: ModelConfiguration
    training: OptimiserConfiguration
    finetuning: OptimiserConfiguration
    data: DataConfiguration
    seed: int
    root: Path
    params: AllParams

    @classmethod
    def load(
        cls,
        params: Path | None = None,
        source: str | None = None,
        data: str | Path | None = None,
        seed: int | None = None,
    ) -> "TrainingConfiguration":
        """Start from a params file.

        Args:
            params: The file; None: params.yaml of the repository around the working directory, else around this file.
            source: Replaces data.source.
            data: A file or folder of bars: replaces data.path, and data.source by "folder".
            seed: Replaces seed.

        Raises:
            ParamsError: No params file is found, it has faults, or `data` stands beside another `source`.
        """
        path, root = (_nearest(), None) if params is None else (Path(params), project_root())
        found = load_params(path)
        base, finetune = found.train_base, found.finetune
        names = OptimiserConfiguration.__slots__
        config = cls(
            model=ModelConfiguration(base.hidden_size, base.num_layers, base.num_heads),
            training=OptimiserConfiguration(**base.model_dump(include=set(names))),
            finetuning=OptimiserConfiguration(**finetune.model_dump(include=set(names))),
            data=DataConfiguration(found.data.source, found.data.path),
            seed=found.seed,
            root=root or path.parent,
            params=found,
        )
        if data is not None:
            if source not in (None, "folder"):
                raise ParamsError(f"data is {str(data)!r} beside source {source!r}; expected one of them")
            config.data = DataConfiguration("folder", str(Path(data).absolute()))
        elif source is not None:
            config.data.source = source
        if seed is not None:
            config.seed = seed
        return config

    def copy(self) -> "TrainingConfiguration":
        """The same values, to be changed for one training."""
        return copy.deepcopy(self)

    def for_tickers(self, tickers: Sequence[str]) -> AllParams:
        """The params of a training on these tickers.

        Raises:
            ParamsError: A changed value that the schema does not allow; all of them at once.
        """
        raw: dict[str, Any] = self.params.model_dump(mode="json", by_alias=True)
        raw["universe"]["tickers"] = raw["train_base"]["tickers"] = list(tickers)
        raw["train_base"] |= asdict(self.model) | asdict(self.training)
        raw["finetune"] |= asdict(self.finetuning)
        raw["data"] |= asdict(self.data)
        raw["seed"] = self.seed
        return check_params(raw, "params")


def _nearest() -> Path:
    """The params file of the nearest folder upwards, from the working directory, then from this file."""
    for start in (Path.cwd() / PARAMS, Path(__file__).resolve()):
        for folder in start.parents:
            if (folder / PARAMS).is_file():
                return folder / PARAMS
    raise ParamsError(f"no {PARAMS} in {Path.cwd()} or above it; expected one, or its name with --params")
