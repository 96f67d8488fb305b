"""params.yaml as frozen types; the values live in the file, the rules for them here."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

Ticker = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$")]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
Window = Annotated[int, Field(ge=2, le=2000)]
Action = Literal["error", "drop", "warn"]
# some rules have no rows that could be dropped, or none that could be kept
KeepOrStop = Literal["error", "warn"]
DropOrStop = Literal["error", "drop"]


class Params(BaseModel):
    """A section of params.yaml: frozen, with no key beyond those declared and no default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class UniverseParams(Params):
    """Which tickers, on which exchange's calendar."""

    tickers: Annotated[list[Ticker], Field(min_length=1)]
    calendar: str

    @model_validator(mode="after")
    def _unique(self) -> "UniverseParams":
        _refuse_repeats("tickers", self.tickers)
        return self


class YahooParams(Params):
    """How patiently the vendor is asked, and how much of the calendar its answer must hold."""

    retries: PositiveInt
    backoff_seconds: Annotated[float, Field(ge=0.0)]
    coverage: Annotated[float, Field(gt=0.0, le=1.0)]


class SimulatedParams(Params):
    """A market with stochastic volatility, fat tails, gaps, and an edge of known Sharpe ratio."""

    edge: Annotated[float, Field(ge=0.0, le=10.0)]
    volatility: PositiveFloat
    persistence: Annotated[float, Field(ge=0.0, lt=1.0)]
    volatility_of_volatility: Annotated[float, Field(ge=0.0, le=1.0)]
    tail_degrees: Annotated[float, Field(gt=2.0)]
    overnight_share: Share


class DataParams(Params):
    """Where bars come from and which days are asked for."""

    source: Literal["snapshot", "folder", "yahoo", "simulated"]
    path: Annotated[str, Field(min_length=1)]
    start: date
    end: date
    yahoo: YahooParams
    simulated: SimulatedParams

    @model_validator(mode="after")
    def _ordered(self) -> "DataParams":
        if self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}; expected start < end")
        return self


class SplitParams(Params):
    """Chronological split with a purged gap."""

    train_end: date
    validation_end: date
    purged_size: PositiveInt

    @model_validator(mode="after")
    def _ordered(self) -> "SplitParams":
        if self.train_end >= self.validation_end:
            raise ValueError(
                f"train_end {self.train_end} is not before validation_end {self.validation_end}; "
                "expected train_end < validation_end"
            )
        return self


class CostParams(Params):
    """What a trade costs, as shares of the traded notional."""

    commission: Share
    slippage: Share


class ProfitParams(Params):
    """How forecasts become positions, and the account they are traded in."""

    every_steps: PositiveInt
    report_every_steps: PositiveInt
    initial_capital: PositiveFloat
    max_position_size: Annotated[float, Field(gt=0.0, le=1.0)]
    stop_loss: Annotated[float, Field(gt=0.0, lt=1.0)] | None
    take_profit: PositiveFloat | None
    long_short: bool
    horizon: PositiveInt
    threshold: Annotated[float, Field(ge=0.0)]
    least_return: Share


class TrackingParams(Params):
    """Where runs are grouped."""

    experiment: Annotated[str, Field(min_length=1, max_length=200)]


class QualityActions(Params):
    """What happens to bars that break each rule of the quality gate."""

    missing_values: DropOrStop
    nonpositive_price: DropOrStop
    ohlc_order: Action
    absurd_magnitude: Action
    duplicate_dates: DropOrStop
    unsorted: KeepOrStop
    other_headers: KeepOrStop
    extra_days: Action
    missing_days: KeepOrStop
    zero_volume: Action
    unexplained_jump: KeepOrStop
    constant_run: KeepOrStop
    stale_open: KeepOrStop


class QualityLimits(Params):
    """The thresholds of the quality gate's rules."""

    jump: PositiveFloat
    constant_bars: Annotated[int, Field(ge=2)]
    stale_open_share: Annotated[float, Field(gt=0.0, le=1.0)]
    price: PositiveFloat
    volume: PositiveFloat
    bars: PositiveInt


class DownloadParams(Params):
    """The quality gate that every bar file passes."""

    quality: QualityActions
    limits: QualityLimits


class FeatureParams(Params):
    """Windows of the indicators, in bars."""

    return_bars: Annotated[list[PositiveInt], Field(min_length=1)]
    volatility_bars: Window
    range_bars: Window
    rsi_bars: Window
    atr_bars: Window
    macd_bars: tuple[Window, Window, Window]
    bollinger_bars: Window
    volume_bars: Window
    average_bars: Annotated[list[Window], Field(min_length=1)]
    extreme_bars: Window
    drawdown_bars: Window
    range_volatility_bars: Annotated[list[PositiveInt], Field(min_length=1)]
    downside_bars: Annotated[list[Window], Field(min_length=1)]
    volume_trend_bars: Window
    surprise_bars: Annotated[list[Window], Field(min_length=1)]
    season_weeks: Annotated[list[PositiveInt], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "FeatureParams":
        for key in ("return_bars", "average_bars", "range_volatility_bars", "downside_bars", "surprise_bars"):
            _refuse_repeats(key, getattr(self, key))
        if min(self.season_weeks) < 3:
            raise ValueError(
                f"season_weeks is {self.season_weeks}; expected 3 weeks or more, so that a week ahead is past"
            )
        if self.macd_bars[0] >= self.macd_bars[1]:
            raise ValueError(f"macd_bars is {list(self.macd_bars)}; expected fast < slow")
        return self


class OptimiserParams(Params):
    """One training run of a price model."""

    learning_rate: PositiveFloat
    weight_decay: Annotated[float, Field(ge=0.0)]
    batch_size: PositiveInt
    gradient_accumulation_steps: PositiveInt
    max_steps: PositiveInt
    warmup_steps: Annotated[int, Field(ge=0)]
    patience: PositiveInt | None
    precision: Literal["auto", "fp32", "bf16", "fp16"]

    @model_validator(mode="after")
    def _possible(self) -> "OptimiserParams":
        if self.warmup_steps > self.max_steps:
            raise ValueError(f"warmup_steps is {self.warmup_steps}, expected at most max_steps {self.max_steps}")
        if self.batch_size % self.gradient_accumulation_steps:
            raise ValueError(
                f"gradient_accumulation_steps is {self.gradient_accumulation_steps}, expected a divisor of "
                f"batch_size {self.batch_size}"
            )
        return self


class TrainBaseParams(OptimiserParams):
    """The base price model: its tickers, its targets, its size and its training."""

    tickers: Annotated[list[Ticker], Field(min_length=1)]
    seeds: PositiveInt
    horizons: Annotated[list[PositiveInt], Field(min_length=1)]
    quantiles: Annotated[list[Annotated[float, Field(gt=0.0, lt=1.0)]], Field(min_length=3)]
    hidden_size: PositiveInt
    num_layers: PositiveInt
    num_heads: PositiveInt
    attention_bars: Window
    sequence_length: Window
    dropout: Share

    @model_validator(mode="after")
    def _consistent(self) -> "TrainBaseParams":
        _refuse_repeats("tickers", self.tickers)
        _refuse_repeats("horizons", self.horizons)
        if sorted(set(self.quantiles)) != list(self.quantiles):
            raise ValueError(f"quantiles is {self.quantiles}; expected ascending levels without repeats")
        if 0.5 not in self.quantiles:
            raise ValueError(f"quantiles is {self.quantiles}; expected the median 0.5 among them")
        if self.hidden_size % (2 * self.num_heads):
            raise ValueError(
                f"hidden_size is {self.hidden_size}; expected a multiple of 2 x num_heads = {2 * self.num_heads}"
            )
        return self


class FinetuneParams(OptimiserParams):
    """Training that starts from the base model, per ticker."""

    method: Literal["full", "lora"]
    lora_r: PositiveInt
    lora_alpha: PositiveFloat
    lora_dropout: Share


class WalkForwardParams(Params):
    """Training again and again as time goes by: each fold is tested on the bars after its own validation."""

    folds: Annotated[int, Field(ge=0)]
    test_bars: PositiveInt
    validation_bars: PositiveInt
    expanding: bool


class EvaluateParams(Params):
    """The yardsticks on the test split, and how intervals are drawn."""

    bootstrap_resamples: Annotated[int, Field(ge=100)]
    bootstrap_block_bars: PositiveInt
    confidence: Annotated[float, Field(gt=0.0, lt=1.0)]
    garch_refit_bars: PositiveInt
    momentum_bars: tuple[Window, PositiveInt]
    average_bars: tuple[Window, Window]
    lightgbm_rounds: PositiveInt
    lightgbm_leaves: Window
    lightgbm_learning_rate: PositiveFloat
    har_bars: Annotated[list[PositiveInt], Field(min_length=1)]
    grid_commissions: Annotated[list[Share], Field(min_length=1)]
    grid_slippages: Annotated[list[Share], Field(min_length=1)]
    grid_delays: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> "EvaluateParams":
        if self.momentum_bars[0] <= self.momentum_bars[1]:
            raise ValueError(f"momentum_bars is {list(self.momentum_bars)}; expected the longer window first")
        if self.average_bars[0] >= self.average_bars[1]:
            raise ValueError(f"average_bars is {list(self.average_bars)}; expected fast < slow")
        return self


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


def _refuse_repeats(key: str, values: list[int] | list[str]) -> None:
    folded = [str(value).casefold() for value in values]
    repeated = sorted({value for value in folded if folded.count(value) > 1})
    if repeated:
        raise ValueError(f"{key} repeats {repeated}; expected each value once (upper and lower case count as equal)")
