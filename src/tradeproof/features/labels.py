"""Labels: what the price did after the bar; the only values in the project that may know the future."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tradeproof.errors import DataError

FloatArray = npt.NDArray[np.float64]


def forward_returns(close: FloatArray, horizons: Sequence[int]) -> FloatArray:
    """Log return from the close of each bar to the close `horizon` bars later.

    Raw: scaling by a volatility that is knowable at the bar is the model's business.

    Args:
        close: [bar], adjusted closes of one ticker in order of time.
        horizons: Bars ahead, each at least 1.

    Returns:
        [bar, horizon], log(close[t + h] / close[t]). Knowable at t + h; NaN where bar t + h is not there yet.

    Raises:
        DataError: The closes are not one row of positive numbers, or a horizon does not look forward.
    """
    if close.ndim != 1:
        raise DataError(f"close has shape {close.shape}, expected one ticker's closes: call once per ticker")
    if not bool(np.all(np.isfinite(close) & (close > 0.0))):
        first = int(np.argmin(np.isfinite(close) & (close > 0.0)))
        raise DataError(
            f"close[{first}] is {close[first]}, expected a positive number: let the quality gate (params "
            "download.quality) drop or refuse such bars"
        )
    labels = np.full((close.size, len(horizons)), np.nan)
    for column, horizon in enumerate(horizons):
        if horizon < 1:
            raise DataError(f"horizons holds {horizon}, expected at least 1 bar ahead (params train_base.horizons)")
        if horizon < close.size:
            labels[:-horizon, column] = np.log(close[horizon:] / close[:-horizon])
    return labels
