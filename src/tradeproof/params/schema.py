"""params.yaml as frozen types; the values live in the file, the rules for them here."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from tradeproof.params.bars import (
    DataParams,
    DownloadParams,
    FeatureParams,
    QualityActions,
    QualityLimits,
    SimulatedParams,
    UniverseParams,
    YahooParams,
)
from tradeproof.params.decisions import ExplanationParams, TrainPpoParams
from tradeproof.params.models import (
    CostParams,
    EvaluateParams,
    FinetuneParams,
    OptimiserParams,
    ProfitParams,
    SplitParams,
    TrainBaseParams,
    WalkForwardParams,
)
from tradeproof.params.section import Name, Params, Seed

__all__ = [
    "AllParams",
    "CostParams",
    "DataParams",
    "DownloadParams",
    "EvaluateParams",
    "ExplanationParams",
    "FeatureParams",
    "FinetuneParams",
    "OptimiserParams",
    "Params",
    "ProfitParams",
    "QualityActions",
    "QualityLimits",
    "RegisterParams",
    "SimulatedParams",
    "SplitParams",
    "TrackingParams",
    "TrainBaseParams",
    "TrainPpoParams",
    "UniverseParams",
    "WalkForwardParams",
    "YahooParams",
    "cross_section_faults",
]


class TrackingParams(Params):
    """Where runs are grouped."""

    experiment: Annotated[str, Field(min_length=1, max_length=200)]


class RegisterParams(Params):
    """Names in the model registry."""

    name_prefix: Name
    alias: Name

    @model_validator(mode="after")
    def _free(self) -> "RegisterParams":
        if re.fullmatch(r"latest|[vV]\d+", self.alias):
            raise ValueError(f"alias is {self.alias!r}, which MLflow reserves; expected a word such as candidate")
        return self


class AllParams(Params):
    """The whole of params.yaml."""

    universe: UniverseParams
    data: DataParams
    split: SplitParams
    costs: CostParams
    profit: ProfitParams
    seed: Seed
    tracking: TrackingParams
    download: DownloadParams
    build_features: FeatureParams
    train_base: TrainBaseParams
    finetune: FinetuneParams
    walk_forward: WalkForwardParams
    train_ppo: TrainPpoParams
    generate_explanations: ExplanationParams
    evaluate: EvaluateParams
    # pydantic models have a method named register
    registration: Annotated[RegisterParams, Field(alias="register")]


def cross_section_faults(params: AllParams) -> list[str]:
    """What single sections cannot see: one line per contradiction between two of them."""
    found = []
    longest = max(params.train_base.horizons)
    if params.split.purged_size < longest:
        found.append(
            f"split.purged_size is {params.split.purged_size}, expected at least the longest of "
            f"train_base.horizons ({longest}): a shorter gap lets training labels reach into validation"
        )
    if not params.data.start < params.split.train_end:
        found.append(
            f"split.train_end is {params.split.train_end}, expected a day after data.start {params.data.start}"
        )
    if not params.split.validation_end < params.data.end:
        found.append(
            f"split.validation_end is {params.split.validation_end}, expected a day before data.end "
            f"{params.data.end}: the test split lies between them"
        )
    strangers = [ticker for ticker in params.train_base.tickers if ticker not in params.universe.tickers]
    if strangers:
        found.append(
            f"train_base.tickers holds {strangers}, expected only tickers of universe.tickers: "
            "add them there, or take them out here"
        )
    if params.profit.horizon not in params.train_base.horizons:
        found.append(
            f"profit.horizon is {params.profit.horizon}, expected one of train_base.horizons "
            f"{params.train_base.horizons}"
        )
    return found
