"""The HAR yardstick: by hand, where the range knows more than the close, and for tickers it never saw."""

import numpy as np
import pandas as pd
import pytest

from tradeproof.evaluation.baselines import historical_volatility
from tradeproof.evaluation.har import har, range_variance
from tradeproof.evaluation.scores import crps
from tradeproof.features.table import build_table

HORIZONS = [1, 5]
LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
COLUMNS = ["q05", "q25", "q50", "q75", "q95"]


def _parts(table, train_bars, wanted_bars):
    places = np.arange(len(table))
    ready = table["ready"].to_numpy()
    train = ready & (places < train_bars)
    return train, ready & (places >= train_bars + 5) & (places < train_bars + 5 + wanted_bars)


@pytest.fixture
def table(random_bars, params):
    return build_table(random_bars(1100, seed=1), params.build_features)


def test_range_variance_by_hand():
    # logs: close 0, then open 0.1 (a gap of 0.1), high 0.3, low 0.0, close 0.2
    logs = {"open": [0.0, 0.1], "high": [0.0, 0.3], "low": [0.0, 0.0], "close": [0.0, 0.2]}
    found = range_variance(pd.DataFrame({name: np.exp(values) for name, values in logs.items()}))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.1**2 + 0.5 * 0.3**2 - (2 * np.log(2) - 1) * 0.1**2)


def test_har_by_hand(table):
    """The regression, its forecast and its quantiles written out bar by bar."""
    train, wanted = _parts(table, 800, 3)
    frame = har({"AAA": table}, {"AAA": train}, {"AAA": wanted}, [5], LEVELS, [1, 10])
    variance, volatility = range_variance(table), table["volatility"].to_numpy()
    close = table["close"].to_numpy()

    def features(bar):
        return [1.0, *(np.log(variance[bar + 1 - bars : bar + 1].mean() / volatility[bar] ** 2) for bars in (1, 10))]

    learned = np.flatnonzero(train)
    targets = [np.log(variance[bar + 1 : bar + 6].mean() / volatility[bar] ** 2) for bar in learned]
    inputs = np.array([features(bar) for bar in learned])
    solution = np.linalg.solve(inputs.T @ inputs, inputs.T @ np.array(targets))

    def forecast(bar):
        return volatility[bar] * np.exp(features(bar) @ solution / 2) * np.sqrt(5)

    moves = [np.log(close[bar + 5] / close[bar]) / forecast(bar) for bar in learned]
    for place, bar in enumerate(np.flatnonzero(wanted)):
        assert frame[COLUMNS].iloc[place].to_numpy(float) == pytest.approx(np.quantile(moves, LEVELS) * forecast(bar))


def test_har_reads_the_range_where_the_close_tells_nothing(random_bars, params):
    """Volatility that changes every ten bars: yesterday's range knows it before twenty closes do."""
    bars = random_bars(1500, seed=3)
    calm = np.where(np.arange(1500) // 10 % 2, 3.0, 1.0)
    changes = np.diff(np.log(bars["close"].to_numpy()), prepend=np.log(100.0)) * calm
    close = 100 * np.exp(np.cumsum(changes))
    open_ = np.concatenate([[100.0], close[:-1]])
    reach = np.exp(0.005 * calm)
    wild = bars.assign(
        open=open_, close=close, high=np.maximum(open_, close) * reach, low=np.minimum(open_, close) / reach
    )
    table = build_table(wild, params.build_features)
    train, wanted = _parts(table, 1100, 390)
    masks = {"A": table}, {"A": train}, {"A": wanted}
    frames = {
        "har": har(*masks, [1], LEVELS, [1, 5, 20]),
        "history": historical_volatility(*masks, [1], LEVELS),
    }
    came = np.log(table["close"].shift(-1) / table["close"]).to_numpy()[wanted]
    loss = {name: crps(frame[COLUMNS].to_numpy(), came, LEVELS).mean() for name, frame in frames.items()}
    assert loss["har"] < 0.97 * loss["history"]
    width = (frames["har"]["q95"] - frames["har"]["q05"]).to_numpy()
    # the first bar of a stretch cannot be known, the others can
    known = np.flatnonzero(wanted) % 10 < 9
    loud = (calm == 3.0)[wanted]
    assert width[known & loud].mean() > 1.8 * width[known & ~loud].mean()


def test_har_forecasts_a_ticker_it_never_saw_as_it_would_one_of_its_own(table, random_bars, params):
    """No coefficient belongs to a ticker: the same bars under another name, at another price, forecast the same."""
    train, wanted = _parts(table, 800, 30)
    twin = table.assign(ticker="NEW", **{name: table[name] * 7.0 for name in ("open", "high", "low", "close")})
    tables = {"AAA": table, "NEW": twin}
    frame = har(tables, {"AAA": train}, {"AAA": wanted, "NEW": wanted}, HORIZONS, LEVELS, [1, 5])
    own, other = (frame.loc[frame["ticker"] == name, COLUMNS].to_numpy() for name in ("AAA", "NEW"))
    assert other == pytest.approx(own)
    assert len(own) == 60


def test_har_survives_bars_that_stand_still(table):
    train, wanted = _parts(table, 800, 30)
    still = table.copy()
    last = np.flatnonzero(wanted)[10]
    for name in ("open", "high", "low"):
        still.loc[last, name] = still["close"].iloc[last - 1]
    still.loc[last, "close"] = still["close"].iloc[last - 1]
    frame = har({"AAA": still}, {"AAA": train}, {"AAA": wanted}, [1], LEVELS, [1, 5])
    assert np.isfinite(frame[COLUMNS].to_numpy()).all()
