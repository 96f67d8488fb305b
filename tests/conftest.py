"""Fixtures that many tests share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tradeproof.params import load_params

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository():
    return REPOSITORY


@pytest.fixture(scope="session")
def params():
    """The params of the repository, as a user gets them."""
    return load_params(REPOSITORY / "params.yaml")


@pytest.fixture(scope="session")
def market_folder():
    """Real bars beside the repository; absent on most machines, and then the test is skipped and counted."""
    folder = REPOSITORY.parent / "shared" / "market"
    if not folder.is_dir():
        pytest.skip("no folder of real bars beside the repository")
    return folder


@pytest.fixture
def random_bars():
    """Bars of one simulated ticker that obey the order of open, high, low and close."""

    def make(count=600, seed=0, ticker="AAA", start="2010-01-04"):
        rng = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.012, count)))
        previous = np.concatenate([[100.0], close[:-1]])
        open_ = previous * np.exp(rng.normal(0, 0.004, count))
        high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.004, count)))
        low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.004, count)))
        return pd.DataFrame(
            {
                "ticker": ticker,
                "date": pd.bdate_range(start, periods=count).as_unit("us"),
                "open": open_,
                "high": high,
                "low": low,
                "close": close,
                "volume": np.exp(rng.normal(14, 0.4, count)),
            }
        )

    return make
