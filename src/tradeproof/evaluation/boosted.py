"""The yardstick of gradient-boosted quantiles: what trees make of the model's own features."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tradeproof.evaluation.baselines import Floats, Mask, forecast_frame, joined_frames, spreads, train_targets
from tradeproof.params.schema import EvaluateParams

# one: the data are small, and sums over another number of threads may end in another last bit
LIGHTGBM_THREADS = 1
# fewest rows beyond the quantile that a leaf should hold on average
TAIL_ROWS = 2


def lightgbm_quantiles(
    tables: Mapping[str, pd.DataFrame],
    train: Mapping[str, Mask],
    wanted: Mapping[str, Mask],
    features: Sequence[str],
    horizons: Sequence[int],
    levels: Sequence[float],
    settings: EvaluateParams,
    seed: int,
) -> pd.DataFrame:
    """Gradient-boosted trees on the model's own features: one booster per horizon and level, over all tickers.

    Learns the standardised return and scales it back with the volatility knowable at the bar; crossed quantiles are
    sorted. The same rows, settings and seed give the same forecasts.

    Args:
        tables: Feature tables by ticker.
        train: [bar] by ticker, rows to learn from; a ticker that is absent is forecast but not learned from.
        wanted: [bar] by ticker, rows to forecast.
        features: Names of the feature columns.
        horizons: Bars ahead.
        levels: Quantile levels, ascending.
        settings: Rounds, leaves and learning rate.
        seed: Of the boosters.

    Returns:
        Forecast frame of every ticker in `wanted`.

    Raises:
        DataError: Fewer train rows than a distribution can be read from.
    """
    names = list(features)
    targets = train_targets(tables, train, horizons)
    inputs = np.concatenate([tables[ticker].loc[rows, names].to_numpy() for ticker, rows in train.items()])
    asked = [tables[ticker].loc[rows, names].to_numpy() for ticker, rows in wanted.items()]
    every = np.concatenate(asked)
    boosted = np.empty((len(every), len(horizons), len(levels)))  # [row, horizon, level], in units of volatility
    for column in range(len(horizons)):
        known = np.isfinite(targets[:, column])
        boosted[:, column] = _boosted(inputs[known], targets[known, column], every, levels, settings, seed)
    boosted.sort(axis=-1)
    parts = np.split(boosted, np.cumsum([len(part) for part in asked])[:-1])
    frames = []
    for (ticker, rows), part in zip(wanted.items(), parts, strict=True):
        scale = spreads(tables[ticker], horizons)[rows]  # [bar, horizon]
        frames.append(forecast_frame(tables[ticker], rows, horizons, levels, scale[:, :, None] * part))
    return joined_frames(frames)


def _boosted(
    inputs: Floats, targets: Floats, asked: Floats, levels: Sequence[float], settings: EvaluateParams, seed: int
) -> Floats:
    import lightgbm

    fixed = {
        "objective": "quantile",
        "num_leaves": settings.lightgbm_leaves,
        "learning_rate": settings.lightgbm_learning_rate,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": LIGHTGBM_THREADS,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(inputs, targets, params=fixed, free_raw_data=False).construct()
    forecasts = np.empty((len(asked), len(levels)))
    for place, level in enumerate(levels):
        rows = max(20, round(TAIL_ROWS / min(level, 1.0 - level)))
        booster = lightgbm.train(
            {**fixed, "alpha": level, "min_data_in_leaf": rows}, data, num_boost_round=settings.lightgbm_rounds
        )
        forecasts[:, place] = booster.predict(asked, num_threads=LIGHTGBM_THREADS)
    return forecasts
