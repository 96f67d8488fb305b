"""Yardsticks a price model has to beat: historical volatility, GARCH(1,1)-t and gradient-boosted quantiles.

Each returns a forecast frame: ticker, date (last bar known), horizon in bars, one column per quantile level of the log
return from the close of that bar to the close `horizon` bars later. Each is knowable at the close of its bar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.errors import DataError
from tradeproof.features.labels import forward_returns
from tradeproof.market.positions import quantile_column
from tradeproof.params.schema import EvaluateParams

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# a year of returns: below that neither a 1 % quantile nor a GARCH parameter means anything
FEWEST_RETURNS = 250
# GARCH likelihoods are well scaled for returns in percent
PERCENT = 100.0
# one: the data are small, and sums over another number of threads may end in another last bit
LIGHTGBM_THREADS = 1
# fewest rows beyond the quantile that a leaf should hold on average
TAIL_ROWS = 2


def historical_volatility(
    table: pd.DataFrame, train: Mask, wanted: Mask, horizons: Sequence[int], levels: Sequence[float]
) -> pd.DataFrame:
    """Quantiles of the train split's standardised returns, times the volatility that is knowable at the bar.

    Args:
        table: Feature table of one ticker.
        train: [bar], rows whose outcomes may be learned from.
        wanted: [bar], rows to forecast.
        horizons: Bars ahead.
        levels: Quantile levels, ascending.

    Returns:
        Forecast frame.

    Raises:
        DataError: Fewer train rows than a distribution can be read from.
    """
    targets = standardised_returns(table, horizons)
    volatility = table["volatility"].to_numpy()[wanted]
    quantiles = np.empty((volatility.size, len(horizons), len(levels)))  # [bar, horizon, level]
    for column, horizon in enumerate(horizons):
        known = targets[train, column]
        known = known[np.isfinite(known)]
        _require_returns(table, known.size, "train bars with an outcome")
        quantiles[:, column] = np.outer(volatility * np.sqrt(horizon), np.quantile(known, levels))
    return forecast_frame(table, wanted, horizons, levels, quantiles)


def garch_t(
    table: pd.DataFrame, wanted: Mask, horizons: Sequence[int], levels: Sequence[float], refit_bars: int
) -> pd.DataFrame:
    """GARCH(1,1) with a constant mean and Student-t shocks, fitted on all returns up to each refit.

    Refitted at the first wanted bar and every `refit_bars` bars after it; in between the parameters stand and only
    the variance moves on. The variance of a longer horizon is the sum of the expected variances of its bars. Its
    quantiles are those of the one-bar t, scaled to that variance: an approximation, a little too fat in the tails
    because sums of t shocks are closer to normal.

    Args:
        table: Feature table of one ticker.
        wanted: [bar], rows to forecast.
        horizons: Bars ahead.
        levels: Quantile levels, ascending.
        refit_bars: Bars between two refits.

    Returns:
        Forecast frame.

    Raises:
        DataError: Fewer past returns than a fit needs, or a fit without a usable result.
    """
    from scipy.stats import t as student

    returns = PERCENT * np.diff(np.log(table["close"].to_numpy()), prepend=np.nan)
    bars = np.flatnonzero(wanted)
    quantiles = np.full((len(table), len(horizons), len(levels)), np.nan)  # [bar, horizon, level]
    for start in range(bars[0], bars[-1] + 1, refit_bars) if bars.size else ():
        fit = _fit_garch(table, returns[1 : start + 1])
        stop = min(start + refit_bars, bars[-1] + 1)
        shocks = student.ppf(levels, fit.tail) * np.sqrt((fit.tail - 2.0) / fit.tail)  # unit variance
        variances = _filtered(fit, returns[start + 1 : stop])
        for column, horizon in enumerate(horizons):
            scale = np.sqrt(_summed(fit, variances, horizon))
            quantiles[start:stop, column] = (fit.mean * horizon + np.outer(scale, shocks)) / PERCENT
    return forecast_frame(table, wanted, horizons, levels, quantiles[wanted])


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
    inputs = np.concatenate([tables[ticker].loc[rows, names].to_numpy() for ticker, rows in train.items()])
    targets = np.concatenate([standardised_returns(tables[ticker], horizons)[rows] for ticker, rows in train.items()])
    asked = {ticker: tables[ticker].loc[rows, names].to_numpy() for ticker, rows in wanted.items()}
    every = np.concatenate(list(asked.values()))
    boosted = np.empty((len(every), len(horizons), len(levels)))  # [row, horizon, level], in units of volatility
    for column in range(len(horizons)):
        known = np.isfinite(targets[:, column])
        _require_returns(tables[next(iter(train))], int(known.sum()), "train bars with an outcome")
        boosted[:, column] = _boosted(inputs[known], targets[known, column], every, levels, settings, seed)
    boosted.sort(axis=-1)
    frames, first = [], 0
    for ticker, rows in wanted.items():
        last = first + len(asked[ticker])
        scale = tables[ticker]["volatility"].to_numpy()[rows][:, None] * np.sqrt(np.asarray(horizons, dtype=np.float64))
        frames.append(forecast_frame(tables[ticker], rows, horizons, levels, boosted[first:last] * scale[:, :, None]))
        first = last
    return pd.concat(frames, ignore_index=True).sort_values(["ticker", "date", "horizon"], ignore_index=True)


def standardised_returns(table: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """Forward log returns in units of the trailing volatility times the root of the horizon, [bar, horizon]."""
    scale = table["volatility"].to_numpy()[:, None] * np.sqrt(np.asarray(horizons, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = forward_returns(table["close"].to_numpy(), horizons) / scale
    return returns


def forecast_frame(
    table: pd.DataFrame, rows: Mask, horizons: Sequence[int], levels: Sequence[float], quantiles: Floats
) -> pd.DataFrame:
    """The long form of quantiles [bar, horizon, level] for the chosen rows of one ticker's table."""
    count = len(horizons)
    return pd.DataFrame(
        {
            "ticker": table["ticker"].to_numpy()[rows].repeat(count),
            "date": table["date"].to_numpy()[rows].repeat(count),
            "horizon": np.tile(np.asarray(horizons, dtype=np.int64), int(rows.sum())),
            **{quantile_column(level): quantiles[:, :, place].ravel() for place, level in enumerate(levels)},
        }
    )


@dataclass(frozen=True)
class _Garch:
    mean: float  # percent per bar
    omega: float
    alpha: float
    beta: float
    tail: float  # degrees of freedom
    variance: float  # of the bar after the last one fitted, percent squared


def _fit_garch(table: pd.DataFrame, returns: Floats) -> _Garch:
    from arch import arch_model

    _require_returns(table, returns.size, "returns before the first forecast")
    model = arch_model(returns, mean="Constant", vol="GARCH", p=1, q=1, dist="t", rescale=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = model.fit(disp="off", show_warning=False)
    mean, omega, alpha, beta, tail = (float(value) for value in result.params)
    variance = omega + alpha * float(result.resid[-1]) ** 2 + beta * float(result.conditional_volatility[-1]) ** 2
    if result.convergence_flag != 0 or not (np.isfinite(variance) and variance > 0.0 and tail > 2.0):
        raise DataError(
            f"GARCH on the first {returns.size} returns of {_ticker(table)} found no maximum (variance {variance:.3g}, "
            f"{tail:.3g} degrees of freedom); expected a fit. Look for runs of equal prices (params download.quality)"
        )
    return _Garch(mean, omega, alpha, beta, tail, variance)


def _filtered(fit: _Garch, later: Floats) -> Floats:
    """Variance of the next bar, at the refit bar and after each later return, [1 + later]."""
    variances = np.empty(later.size + 1)
    variances[0] = fit.variance
    for place, value in enumerate(later):
        variances[place + 1] = fit.omega + fit.alpha * (value - fit.mean) ** 2 + fit.beta * variances[place]
    return variances


def _summed(fit: _Garch, variances: Floats, horizon: int) -> Floats:
    """Expected variance of the return over the next `horizon` bars."""
    expected, total = variances, variances.copy()
    for _ in range(horizon - 1):
        expected = fit.omega + (fit.alpha + fit.beta) * expected
        total = total + expected
    return total


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


def _require_returns(table: pd.DataFrame, count: int, what: str) -> None:
    if count < FEWEST_RETURNS:
        raise DataError(
            f"{_ticker(table)} has {count} {what}, expected at least {FEWEST_RETURNS} for a yardstick to be fair. "
            "Move params split.train_end, or take the ticker out of universe.tickers"
        )


def _ticker(table: pd.DataFrame) -> str:
    return str(table["ticker"].iloc[0]) if len(table) else "a ticker without bars"
