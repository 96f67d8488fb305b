"""Forecasts that need no model, and params to trade them with."""

import numpy as np
import pandas as pd

from tradeproof.market.positions import quantile_column

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


def quick(params):
    """Params with quick intervals, five levels, and stopless trading."""
    return params.model_copy(
        update={
            "evaluate": params.evaluate.model_copy(update={"bootstrap_resamples": 100}),
            "train_base": params.train_base.model_copy(update={"quantiles": LEVELS, "horizons": [1]}),
            "profit": params.profit.model_copy(update={"stop_loss": None, "take_profit": None, "horizon": 1}),
        }
    )


def frame(tables, means):
    """Forecasts with the given mean per bar and a spread of 1 %, for all bars of all tickers."""
    parts = []
    for ticker, table in tables.items():
        quantiles = {quantile_column(level): means[ticker] + 0.01 * (level - 0.5) for level in LEVELS}
        parts.append(pd.DataFrame({"ticker": ticker, "date": table["date"], "horizon": 1, **quantiles}))
    return pd.concat(parts, ignore_index=True)


def random_means(tables, seed):
    rng = np.random.default_rng(seed)
    return frame(tables, {ticker: rng.normal(0, 0.01, len(table)) for ticker, table in tables.items()})
