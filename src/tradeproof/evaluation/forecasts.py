"""Every model's forecasts beside the yardsticks', on the same outcomes, pooled and per ticker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.evaluation.intervals import Floats, block_bootstrap, finite, skill, sums_by_date
from tradeproof.evaluation.names import HISTORICAL_VOLATILITY, YARDSTICKS
from tradeproof.evaluation.scores import aligned_quantiles, calibration, crps, forecast_scores, pinball_loss
from tradeproof.params.schema import EvaluateParams

# one model's figures by horizon, such as {"h1": {"crps": 0.004}}; None where a figure has no meaning
HorizonFigures = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class ForecastComparison:
    """What the forecasts were worth.

    Attributes:
        pooled: By model and horizon, over all tickers.
        tickers: By ticker, model and horizon.
        calibration: model, horizon, level, observed (share of outcomes at or below the quantile), pinball_loss; pooled.
    """

    pooled: dict[str, HorizonFigures]
    tickers: dict[str, dict[str, HorizonFigures]]
    calibration: pd.DataFrame


def compare_forecasts(
    frames: Mapping[str, pd.DataFrame],
    rows: pd.DataFrame,
    levels: Sequence[float],
    settings: EvaluateParams,
    seed: int,
) -> ForecastComparison:
    """Score all models on the same rows.

    Args:
        frames: Forecast frames by model, the yardsticks among them.
        rows: ticker, date, horizon, outcome; rows whose outcome is not there yet are not scored.
        levels: Quantile levels, ascending.
        settings: Of the intervals.
        seed: Of the resampling.

    Raises:
        ContractError: A model without a forecast for one of the rows.
    """
    scored = known_rows(rows)
    quantiles = {
        name: aligned_quantiles(frame, rows, levels, name)[rows["outcome"].notna()] for name, frame in frames.items()
    }
    tickers = list(dict.fromkeys(scored["ticker"]))
    pooled: dict[str, HorizonFigures] = {name: {} for name in frames}
    single: dict[str, dict[str, HorizonFigures]] = {ticker: {name: {} for name in frames} for ticker in tickers}
    reliability = []
    for horizon in dict.fromkeys(scored["horizon"]):
        at_horizon = (scored["horizon"] == horizon).to_numpy()
        for ticker in (None, *tickers):
            chosen = at_horizon if ticker is None else at_horizon & (scored["ticker"] == ticker).to_numpy()
            part = {name: values[chosen] for name, values in quantiles.items()}
            figures = score_models(
                part, scored[chosen], levels, settings, seed, max(settings.bootstrap_block_bars, horizon)
            )
            for name, found in figures.items():
                (pooled if ticker is None else single[ticker])[name][f"h{horizon}"] = found
        realised = scored["outcome"].to_numpy()[at_horizon]
        reliability += [
            _reliability(name, horizon, values[at_horizon], realised, levels) for name, values in quantiles.items()
        ]
    return ForecastComparison(pooled, single, pd.concat(reliability, ignore_index=True))


def known_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Those rows whose outcome is there."""
    return rows[rows["outcome"].notna()]


def skill_frame(pooled: Mapping[str, HorizonFigures]) -> pd.DataFrame:
    """model, horizon, skill, low, high of everything that is not the yardstick itself."""
    return pd.DataFrame(
        [
            {
                "model": name,
                "horizon": int(horizon.removeprefix("h")),
                "skill": figures["skill"],
                "low": figures["skill_low"],
                "high": figures["skill_high"],
            }
            for name, horizons in pooled.items()
            if name != HISTORICAL_VOLATILITY
            for horizon, figures in horizons.items()
        ]
    ).astype({"skill": "float64", "low": "float64", "high": "float64"})


def score_models(
    quantiles: Mapping[str, Floats],
    rows: pd.DataFrame,
    levels: Sequence[float],
    settings: EvaluateParams,
    seed: int,
    block_bars: int,
) -> dict[str, dict[str, float | None]]:
    """Score aligned forecasts of one horizon, each beside the yardsticks among them.

    Args:
        quantiles: [row, level] by model.
        rows: ticker, date, horizon, the same in every row, and outcome, finite.
        levels: Quantile levels, ascending.
        settings: Of the intervals.
        seed: Of the resampling.
        block_bars: Mean length of a resampled block.

    Returns:
        Figures by model: the scores, skill over historical volatility, skill_over_<yardstick>, and their intervals.
    """
    realised = rows["outcome"].to_numpy()
    losses = np.column_stack([crps(values, realised, levels) for values in quantiles.values()])  # [row, model]
    by_date = sums_by_date(rows["date"].to_numpy(), losses)
    central = skill(by_date)
    around = block_bootstrap(by_date, skill, settings, seed, block_bars)
    names = list(quantiles)
    found = {}
    for place, name in enumerate(names):
        figures = forecast_scores(quantiles[name], rows, levels).to_dict()
        for yardstick in (known for known in YARDSTICKS if known in quantiles):
            pair = place * len(names) + names.index(yardstick)
            key = "skill" if yardstick == HISTORICAL_VOLATILITY else f"skill_over_{yardstick}"
            figures[key] = finite(central[pair])
            figures[f"{key}_low"] = finite(around.low[pair])
            figures[f"{key}_high"] = finite(around.high[pair])
        found[name] = figures
    return found


def _reliability(
    name: str, horizon: int, quantiles: Floats, realised: NDArray[np.float64], levels: Sequence[float]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": name,
            "horizon": horizon,
            "level": list(levels),
            "observed": calibration(quantiles, realised),
            "pinball_loss": pinball_loss(quantiles, realised, levels).mean(axis=0),
        }
    )
