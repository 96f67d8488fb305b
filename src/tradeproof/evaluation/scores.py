"""How good forecast distributions were: pinball loss, CRPS, coverage, direction, rank correlations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.errors import ContractError
from tradeproof.evaluation.rank_correlation import RankCorrelations, rank_correlations
from tradeproof.features.labels import forward_returns
from tradeproof.market.positions import moments_from_quantiles, quantile_column

Floats = NDArray[np.float64]
KEYS = ["ticker", "date", "horizon"]
# central intervals whose coverage is reported, by their two quantile levels
CENTRAL_INTERVALS = {"coverage_50": (0.25, 0.75), "coverage_90": (0.05, 0.95)}


def outcomes(
    tables: Mapping[str, pd.DataFrame], wanted: Mapping[str, NDArray[np.bool_]], horizons: Sequence[int]
) -> pd.DataFrame:
    """What came after each wanted bar: ticker, date, horizon, outcome (log return; NaN where the data ends first)."""
    frames = []
    for ticker, table in tables.items():
        rows = wanted[ticker]
        returns = forward_returns(table["close"].to_numpy(), horizons)[rows]
        frames.append(
            pd.DataFrame(
                {
                    "ticker": ticker,
                    "date": table["date"].to_numpy()[rows].repeat(len(horizons)),
                    "horizon": np.tile(np.asarray(horizons, dtype=np.int64), len(returns)),
                    "outcome": returns.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def aligned_quantiles(forecast: pd.DataFrame, rows: pd.DataFrame, levels: Sequence[float], name: str) -> Floats:
    """Quantiles of a forecast frame in the order of `rows`, so that every model is scored on the same outcomes.

    Args:
        forecast: Forecast frame; rows nobody asked for are left out.
        rows: Holds ticker, date and horizon.
        levels: Quantile levels, ascending.
        name: Of the model, for the error.

    Returns:
        [row, level], log returns.

    Raises:
        ContractError: A column or a row is missing, a row stands twice, or quantiles are not finite or cross.
    """
    columns = [quantile_column(level) for level in levels]
    absent = [column for column in [*KEYS, *columns] if column not in forecast.columns]
    if absent:
        raise ContractError(
            f"forecasts of {name} lack the columns {absent}, expected {[*KEYS, *columns]} "
            "(params train_base.quantiles): train the model again with these params"
        )
    repeated = forecast.duplicated(KEYS)
    if repeated.any():
        raise ContractError(f"forecasts of {name} hold {_row(forecast.loc[repeated])} twice, expected each row once")
    quantiles = rows[KEYS].merge(forecast, on=KEYS, how="left", validate="one_to_one")[columns].to_numpy(np.float64)
    unknown = ~np.isfinite(quantiles).all(axis=1)
    if unknown.any():
        raise ContractError(
            f"forecasts of {name} have no finite quantiles for {_row(rows.loc[unknown])} and {int(unknown.sum()) - 1} "
            "other rows, expected one row per test bar and horizon: train the model again with these params"
        )
    crossed = np.diff(quantiles, axis=1).min(axis=1) < 0.0
    if crossed.any():
        raise ContractError(
            f"quantiles of {name} cross for {_row(rows.loc[crossed])} and {int(crossed.sum()) - 1} other rows, "
            "expected them to ascend with their level: sort them where they are forecast"
        )
    return quantiles


def pinball_loss(quantiles: Floats, realised: Floats, levels: Sequence[float]) -> Floats:
    """Pinball (quantile) loss, level x miss above and (1 - level) x miss below, [row, level], in log return.

    Source: Koenker and Bassett, Econometrica 1978.
    """
    miss = realised[:, None] - quantiles
    given = np.asarray(levels, dtype=np.float64)
    return np.maximum(given * miss, (given - 1.0) * miss)


def crps(quantiles: Floats, realised: Floats, levels: Sequence[float]) -> Floats:
    """Continuous ranked probability score, [row], in log return: twice the mean pinball loss over the levels.

    Exact for infinitely many evenly spread levels (Gneiting and Raftery, JASA 2007); with few and uneven ones it is an
    approximation that weighs the tails by how many levels stand there, the same for every model.
    """
    loss: Floats = 2.0 * pinball_loss(quantiles, realised, levels).mean(axis=1)
    return loss


@dataclass(frozen=True)
class ForecastScores:
    """Scores of one model on one set of outcomes; None where a score has no meaning.

    Attributes:
        bars: Outcomes scored.
        crps: In log return; lower is better.
        coverage_50: Share of outcomes inside the central 50 % interval.
        coverage_90: Share of outcomes inside the central 90 % interval.
        directional_accuracy: Share of moves whose sign the median had.
        up_share: Share of moves that went up: what always saying "up" would reach.
        rank: Rank correlations of forecast mean and outcome, each with its t.
    """

    bars: int
    crps: float
    coverage_50: float | None
    coverage_90: float | None
    directional_accuracy: float | None
    up_share: float | None
    rank: RankCorrelations

    def to_dict(self) -> dict[str, float | None]:
        """The scores by name, those of the rank correlations among them."""
        own = {name: value for name, value in vars(self).items() if name != "rank"}
        return own | vars(self.rank)


def forecast_scores(quantiles: Floats, rows: pd.DataFrame, levels: Sequence[float]) -> ForecastScores:
    """Score aligned forecasts of one horizon.

    Args:
        quantiles: [row, level], log returns.
        rows: ticker, date, horizon, the same in every row, and outcome: the log returns that came true, finite.
        levels: Quantile levels, ascending, with 0.5 among them.
    """
    realised = rows["outcome"].to_numpy(np.float64)
    return ForecastScores(
        bars=len(realised),
        crps=float(crps(quantiles, realised, levels).mean()),
        **{name: _coverage(quantiles, realised, levels, *ends) for name, ends in CENTRAL_INTERVALS.items()},
        directional_accuracy=_directional_accuracy(quantiles[:, list(levels).index(0.5)], realised),
        up_share=_directional_accuracy(np.ones(len(realised)), realised),
        rank=rank_correlations(
            moments_from_quantiles(quantiles, levels)[0],
            realised,
            rows["ticker"].to_numpy(object),
            rows["date"].to_numpy(),
            int(rows["horizon"].iloc[0]),
        ),
    )


def calibration(quantiles: Floats, realised: Floats) -> Floats:
    """Share of outcomes at or below each quantile, [level]; a calibrated forecast returns its levels."""
    share: Floats = (realised[:, None] <= quantiles).mean(axis=0)
    return share


def _coverage(quantiles: Floats, realised: Floats, levels: Sequence[float], low: float, high: float) -> float | None:
    given = list(levels)
    if low not in given or high not in given:
        return None
    inside = (realised >= quantiles[:, given.index(low)]) & (realised <= quantiles[:, given.index(high)])
    return float(inside.mean())


def _directional_accuracy(median: Floats, realised: Floats) -> float | None:
    """Share of outcomes with the median's sign; unmoved prices do not count, a median of zero is a miss."""
    moved = realised != 0.0
    return float((np.sign(median[moved]) == np.sign(realised[moved])).mean()) if moved.any() else None


def _row(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return f"{first['ticker']} on {first['date']:%Y-%m-%d} at horizon {first['horizon']}"
