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
    tables: Mapping[str, pd.DataFrame],
    train: Mapping[str, Mask],
    wanted: Mapping[str, Mask],
    horizons: Sequence[int],
    levels: Sequence[float],
) -> pd.DataFrame:
    """Quantiles of the train split's standardised returns, times the volatility that is knowable at the bar.

    The standardised returns of all train tickers are pooled: on 30 stocks that scored a little better than each
    ticker's own, and it serves tickers that were listed after the train split.

    Args:
        tables: Feature tables by ticker.
        train: [bar] by ticker, rows whose outcomes may be learned from.
        wanted: [bar] by ticker, rows to forecast.
        horizons: Bars ahead.
        levels: Quantile levels, ascending.

    Returns:
        Forecast frame of every ticker in `wanted`.

    Raises:
        DataError: Fewer train rows than a distribution can be read from.
    """
    targets = _train_targets(tables, train, horizons)
    shape = np.empty((len(horizons), len(levels)))  # in units of volatility
    for column in range(len(horizons)):
        known = targets[:, column]
        shape[column] = np.quantile(known[np.isfinite(known)], levels)
    frames = []
    for ticker, rows in wanted.items():
        scale = _scale(tables[ticker], horizons)[rows]  # [bar, horizon]
        frames.append(forecast_frame(tables[ticker], rows, horizons, levels, scale[:, :, None] * shape))
    return _joined(frames)


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
    targets = _train_targets(tables, train, horizons)
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
        scale = _scale(tables[ticker], horizons)[rows]  # [bar, horizon]
        frames.append(forecast_frame(tables[ticker], rows, horizons, levels, scale[:, :, None] * part))
    return _joined(frames)


def standardised_returns(table: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """Forward log returns in units of the trailing volatility times the root of the horizon, [bar, horizon]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = forward_returns(table["close"].to_numpy(), horizons) / _scale(table, horizons)
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

    ticker = str(table["ticker"].iloc[0])
    _require_returns(ticker, returns.size, "returns before the first forecast")
    model = arch_model(returns, mean="Constant", vol="GARCH", p=1, q=1, dist="t", rescale=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = model.fit(disp="off", show_warning=False)
    mean, omega, alpha, beta, tail = (float(value) for value in result.params)
    variance = omega + alpha * float(result.resid[-1]) ** 2 + beta * float(result.conditional_volatility[-1]) ** 2
    if result.convergence_flag != 0 or not (np.isfinite(variance) and variance > 0.0 and tail > 2.0):
        raise DataError(
            f"GARCH on the first {returns.size} returns of {ticker} found no maximum (variance {variance:.3g}, "
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


def _train_targets(tables: Mapping[str, pd.DataFrame], train: Mapping[str, Mask], horizons: Sequence[int]) -> Floats:
    """Standardised returns of the train rows of all tickers, [row, horizon]; enough of them, or an error."""
    targets = np.concatenate([standardised_returns(tables[ticker], horizons)[rows] for ticker, rows in train.items()])
    fewest = int(np.isfinite(targets).sum(axis=0).min())
    _require_returns(", ".join(train), fewest, "train bars with an outcome")
    return targets


def _scale(table: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """Trailing volatility times the root of the horizon, [bar, horizon], log return."""
    return np.outer(table["volatility"].to_numpy(), np.sqrt(horizons))


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True).sort_values(["ticker", "date", "horizon"], ignore_index=True)


def _require_returns(whose: str, count: int, what: str) -> None:
    if count < FEWEST_RETURNS:
        raise DataError(
            f"{whose} has {count} {what}, expected at least {FEWEST_RETURNS} for a yardstick to be fair. "
            "Move the dates in params split, or take the ticker out of universe.tickers"
        )
