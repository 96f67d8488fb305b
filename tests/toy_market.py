"""A toy market with a known rule, and models of it that train in a second."""

from datetime import date

import numpy as np
import pandas as pd
import torch

from tradeproof.features.contract import FeatureContract
from tradeproof.params.schema import SplitParams

SPLIT = SplitParams(train_end=date(2012, 12, 31), validation_end=date(2014, 6, 30), purged_size=5)


def toy_contract(params):
    """Two features, one of them noise."""
    names = ("signal", "noise")
    return FeatureContract(1, names, names, ("float64",) * 2, 0, params.build_features, "toy")


def table_of(count=1300, seed=0, ticker="AAA", wide=2.0, drift=0.0):
    """A toy market: a signal known at t says whether the next bar moves by 0.01 or by 0.01 x wide, and which way."""
    generator = np.random.default_rng(seed)
    signal = np.where(generator.random(count) < 0.5, -1.0, 1.0)
    shocks = generator.normal(size=count)
    returns = 0.01 * np.where(np.roll(signal, 1) > 0, wide, 1.0) * shocks + 0.01 * drift * np.roll(signal, 1)
    close = 100 * np.exp(np.cumsum(returns))
    open_ = np.concatenate([[100.0], close[:-1]])
    table = pd.DataFrame(
        {
            "ticker": ticker,
            "date": pd.bdate_range("2010-01-04", periods=count).as_unit("us"),
            "open": open_,
            "high": np.maximum(open_, close) * 1.001,
            "low": np.minimum(open_, close) * 0.999,
            "close": close,
            "volume": 1e6,
            "signal": signal,
            "noise": generator.normal(size=count),
            "volatility": 0.01,
            "ready": np.arange(count) >= 20,
        }
    ).astype({"ticker": "str"})
    table.loc[~table["ready"], ["signal", "noise", "volatility"]] = np.nan
    return table


def tiny_params(params):
    """Params of a model that trains in a second."""
    small = {
        "horizons": [1, 5],
        "hidden_size": 8,
        "num_layers": 1,
        "num_heads": 2,
        "attention_bars": 8,
        "sequence_length": 32,
        "dropout": 0.1,
        "learning_rate": 0.01,
        "batch_size": 4,
        "max_steps": 12,
        "warmup_steps": 2,
    }
    return params.model_copy(
        update={
            "split": SPLIT,
            "profit": params.profit.model_copy(update={"every_steps": 4}),
            "train_base": params.train_base.model_copy(update=small),
            "finetune": params.finetune.model_copy(update={"max_steps": 4, "warmup_steps": 1}),
        }
    )


def tuned(params, **changes):
    return params.model_copy(update={"train_base": params.train_base.model_copy(update=changes)})


def silent(metrics, step):
    pass


def same_weights(first, second):
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


class KilledError(Exception):
    pass


def killed_at(last):
    def log(metrics, step):
        if step >= last and "eval/loss" in metrics:
            raise KilledError

    return log
