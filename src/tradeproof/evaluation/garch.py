"""The yardstick GARCH(1,1)-t: volatility that moves with every bar, fat tails, fitted again as time goes by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tradeproof.errors import DataError
from tradeproof.evaluation.baselines import Floats, Mask, forecast_frame, require_returns

# GARCH likelihoods are well scaled for returns in percent
PERCENT = 100.0


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
    require_returns(ticker, returns.size, "returns before the first forecast")
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
