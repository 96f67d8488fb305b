"""Sections about price models: split, costs, profit, train_base, finetune, walk_forward, evaluate."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from tradeproof.params.section import Params, Share, Ticker, Window, refuse_repeats


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
        refuse_repeats("tickers", self.tickers)
        refuse_repeats("horizons", self.horizons)
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
