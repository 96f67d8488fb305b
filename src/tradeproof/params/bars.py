"""Sections about bars and what is computed from them: universe, data, download, build_features."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from tradeproof.params.section import Action, DropOrStop, KeepOrStop, Params, Share, Ticker, Window, refuse_repeats


class UniverseParams(Params):
    """Which tickers, on which exchange's calendar."""

    tickers: Annotated[list[Ticker], Field(min_length=1)]
    calendar: str

    @model_validator(mode="after")
    def _unique(self) -> "UniverseParams":
        refuse_repeats("tickers", self.tickers)
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
            refuse_repeats(key, getattr(self, key))
        if min(self.season_weeks) < 3:
            raise ValueError(
                f"season_weeks is {self.season_weeks}; expected 3 weeks or more, so that a week ahead is past"
            )
        if self.macd_bars[0] >= self.macd_bars[1]:
            raise ValueError(f"macd_bars is {list(self.macd_bars)}; expected fast < slow")
        return self
