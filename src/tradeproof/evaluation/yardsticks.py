"""All forecasting yardsticks at once, each learning from what the base model learns from."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.evaluation.baselines import historical_volatility
from tradeproof.evaluation.boosted import lightgbm_quantiles
from tradeproof.evaluation.garch import garch_t
from tradeproof.evaluation.har import har
from tradeproof.evaluation.names import GARCH_T, HAR, HISTORICAL_VOLATILITY, LIGHTGBM
from tradeproof.features.contract import feature_contract
from tradeproof.params.schema import AllParams

Masks = Mapping[str, NDArray[np.bool_]]


def yardstick_forecasts(
    tables: Mapping[str, pd.DataFrame],
    train: Masks,
    wanted: Masks,
    params: AllParams,
    done: Callable[[int], None],
) -> dict[str, pd.DataFrame]:
    """Forecast frames by yardstick.

    Args:
        tables: Whole feature tables by ticker.
        train: [bar] by ticker, rows to learn from; GARCH learns from all the past of its own ticker instead.
        wanted: [bar] by ticker, rows to forecast.
        params: All of params.yaml.
        done: Told how many of the len(tables) + 1 parts of the work are finished.

    Raises:
        DataError: Too few bars to learn from.
    """
    horizons, levels, settings = params.train_base.horizons, params.train_base.quantiles, params.evaluate
    history = historical_volatility(tables, train, wanted, horizons, levels)
    ranges = har(tables, train, wanted, horizons, levels, settings.har_bars)
    garch = []
    for number, (ticker, table) in enumerate(tables.items(), start=1):
        garch.append(garch_t(table, wanted[ticker], horizons, levels, settings.garch_refit_bars))
        done(number)
    names = feature_contract(params.build_features).names
    boosted = lightgbm_quantiles(tables, train, wanted, names, horizons, levels, settings, params.seed)
    done(len(tables) + 1)
    return {
        HISTORICAL_VOLATILITY: history,
        GARCH_T: pd.concat(garch, ignore_index=True),
        HAR: ranges,
        LIGHTGBM: boosted,
    }
