"""Planted leaks that the detector has to find, and honest look-alikes that it has to leave alone."""

import numpy as np
import pandas as pd
from scipy.signal import savgol_filter


def centred_mean(bars):
    return bars["close"].rolling(5, center=True).mean()


def backward_fill(bars):
    return bars["close"].where(bars["close"].diff() > 0).bfill()


def scaler_of_all_rows(bars):
    return (bars["close"] - bars["close"].mean()) / bars["close"].std()


def label_among_the_features(bars):
    return np.log(bars["close"].shift(-5) / bars["close"])


def next_bar(bars):
    return bars["open"].shift(-1)


def week_stamped_at_its_start(bars):
    weekly = bars.set_index("date")["close"].resample("W-MON", label="left", closed="left").last()
    return pd.merge_asof(bars[["date"]], weekly.rename("weekly").reset_index(), on="date")["weekly"]


def min_max_of_all_rows(bars):
    return (bars["close"] - bars["close"].min()) / (bars["close"].max() - bars["close"].min())


def rank_over_all_rows(bars):
    return bars["close"].rank(pct=True)


def central_difference(bars):
    return np.gradient(np.log(bars["close"].to_numpy()))


def smoothed_by_a_polynomial(bars):
    return savgol_filter(bars["close"].to_numpy(), 11, 3)


def smoothed_by_fourier(bars):
    spectrum = np.fft.rfft(np.log(bars["close"].to_numpy()))
    spectrum[20:] = 0
    return np.fft.irfft(spectrum, n=len(bars))


def interpolated_between_month_ends(bars):
    last_of_month = ~bars["date"].dt.to_period("M").duplicated(keep="last")
    return bars["close"].where(last_of_month).interpolate()


def total_of_the_month(bars):
    return bars["volume"].groupby(bars["date"].dt.to_period("M")).transform("sum")


def z_score_by_ticker(bars):
    return bars.groupby("ticker")["close"].transform(lambda close: (close - close.mean()) / close.std())


def warm_up_from_the_length(bars):
    return bars["close"].mask(np.arange(len(bars)) < len(bars) // 2)


def warm_up_from_the_last_price(bars):
    settled = (bars["close"] / bars["close"].iloc[-1] - 1).abs() < 0.2
    return bars["close"].where(settled)


def maximum_still_to_come(bars):
    return bars["high"][::-1].cummax()[::-1]


def share_of_the_last_price(bars):
    return bars["close"] / bars["close"].iloc[-1]


def quantile_bins_of_all_rows(bars):
    return pd.qcut(bars["volume"], 5, labels=False)


def detrended_over_all_rows(bars):
    time = np.arange(len(bars))
    slope, start = np.polyfit(time, np.log(bars["close"]), 1)
    return np.log(bars["close"]) - start - slope * time


def projected_on_all_rows(bars):
    returns = np.log(bars[["open", "high", "low", "close"]]).diff().fillna(0.0).to_numpy()
    _, _, directions = np.linalg.svd(returns - returns.mean(axis=0), full_matrices=False)
    return returns @ directions[0]


def clipped_at_a_quantile_of_all_rows(bars):
    moves = bars["close"].pct_change()
    return moves.clip(moves.quantile(0.05), moves.quantile(0.95))


def days_to_the_next_bar(bars):
    return bars["date"].diff().shift(-1).dt.days


def columns_from_all_rows(bars):
    return pd.get_dummies((np.log(bars["close"]) * 4).round().astype(int)).assign(close=bars["close"])


def text_with_tomorrow(bars):
    return pd.Series([f"it will be {price:.2f}" for price in bars["close"].shift(-1)])


def returns_labelled_left(bars):
    """The return over the coming two bars under the date where it starts, as a forward-looking rolling window gives."""
    window = pd.api.indexers.FixedForwardWindowIndexer(window_size=2)
    return bars["close"].pct_change().rolling(window).sum()


def remembering():
    """Hides from truncation: answers a shorter question from the answer to a longer one."""
    known = []

    def remembered(bars):
        if known and len(bars) < len(known[-1]):
            return known[-1][: len(bars)]
        known.append(scaler_of_all_rows(bars).to_numpy())
        return known[-1]

    return remembered


def share_of_rising_bars(bars):
    """Hides from a tenfold future that begins with a rise: only signs of moves count."""
    return pd.Series(np.full(len(bars), (bars["close"].diff() > 0).mean()))


def share_of_the_total(bars):
    """Hides from a shuffled future: a total does not know the order."""
    volume = bars["volume"].round()  # whole numbers, whose sum has the same bits in any order
    return volume / volume.sum()


LEAKS = [
    centred_mean,
    backward_fill,
    scaler_of_all_rows,
    label_among_the_features,
    next_bar,
    week_stamped_at_its_start,
    min_max_of_all_rows,
    rank_over_all_rows,
    central_difference,
    smoothed_by_a_polynomial,
    smoothed_by_fourier,
    interpolated_between_month_ends,
    total_of_the_month,
    z_score_by_ticker,
    warm_up_from_the_length,
    warm_up_from_the_last_price,
    maximum_still_to_come,
    share_of_the_last_price,
    quantile_bins_of_all_rows,
    detrended_over_all_rows,
    projected_on_all_rows,
    clipped_at_a_quantile_of_all_rows,
    days_to_the_next_bar,
    columns_from_all_rows,
    text_with_tomorrow,
    returns_labelled_left,
    remembering(),
    share_of_rising_bars,
    share_of_the_total,
]


def trailing_mean(bars):
    return bars["close"].rolling(5).mean()


def exponential_mean(bars):
    return bars["close"].ewm(span=10).mean()


def forward_fill(bars):
    return bars["close"].where(bars["close"].diff() > 0).ffill()


def expanding_z_score(bars):
    past = bars["close"].expanding()
    return (bars["close"] - past.mean()) / past.std()


def expanding_rank(bars):
    return bars["close"].expanding().rank(pct=True)


def last_bar(bars):
    return bars["open"].shift(1)


def week_stamped_after_its_end(bars):
    weekly = bars.set_index("date")["close"].resample("W-FRI").last()
    completed = weekly.rename("weekly").reset_index()
    return pd.merge_asof(bars[["date"]], completed, on="date", allow_exact_matches=False)["weekly"]


def maximum_so_far(bars):
    return bars["high"].cummax()


def total_of_the_month_so_far(bars):
    return bars["volume"].groupby(bars["date"].dt.to_period("M")).cumsum()


def text_of_today(bars):
    return pd.Series([f"it is {price:.2f}" for price in bars["close"]])


def windows_of_returns(bars):
    """[bar, window, series], as a policy would observe them."""
    moves = np.log(bars[["close", "volume"]]).diff().fillna(0.0).to_numpy()
    padded = np.vstack([np.zeros((7, 2)), moves])
    return np.lib.stride_tricks.sliding_window_view(padded, 8, axis=0)


HONEST = [
    trailing_mean,
    exponential_mean,
    forward_fill,
    expanding_z_score,
    expanding_rank,
    last_bar,
    week_stamped_after_its_end,
    maximum_so_far,
    total_of_the_month_so_far,
    text_of_today,
    windows_of_returns,
]


def _trade(bars, price_of_fill, decided_bars_ago):
    """Half of the equity in stock while the close is above its mean of 10 bars; costs of 10 basis points."""
    prices = {name: bars[name].to_numpy() for name in ("open", "high", "low", "close")}
    open_, close = prices["open"], prices["close"]
    wish = np.where(close > bars["close"].rolling(10).mean().to_numpy(), 0.5, 0.0)
    cash, shares, before = 10_000.0, 0.0, 0.0
    rows = []
    for t in range(len(bars)):
        target = wish[t - decided_bars_ago] if t >= decided_bars_ago else 0.0
        if target != before:
            price = price_of_fill(prices, t, target > before) * (1.001 if target > before else 0.999)
            # sized at the open unless the decision itself is made with this bar
            size_price = open_[t] if decided_bars_ago else price
            wanted = target * (cash + shares * size_price) / size_price
            cash -= (wanted - shares) * price
            shares, before = wanted, target
        rows.append((cash + shares * close[t], cash, shares))
    return pd.DataFrame(rows, columns=["equity", "cash", "shares"])


def fill_at_the_next_open(bars):
    return _trade(bars, lambda p, t, buying: p["open"][t], 1)


def fill_at_the_close_of_the_decision(bars):
    return _trade(bars, lambda p, t, buying: p["close"][t], 0)


def fill_at_the_open_before_the_decision(bars):
    return _trade(bars, lambda p, t, buying: p["open"][t], 0)


def fill_at_the_old_close(bars):
    """Decided at a close, booked on the next bar at that same close: a price that is gone."""
    return _trade(bars, lambda p, t, buying: p["close"][t - 1], 1)


def fill_at_the_next_close(bars):
    """Costs at the close while the size is taken at the open."""
    return _trade(bars, lambda p, t, buying: p["close"][t], 1)


def fill_at_the_best_price(bars):
    return _trade(bars, lambda p, t, buying: p["low"][t] if buying else p["high"][t], 1)


def fill_at_the_typical_price(bars):
    return _trade(bars, lambda p, t, buying: (p["high"][t] + p["low"][t] + p["close"][t]) / 3, 1)


EARLY_FILLS = [
    fill_at_the_close_of_the_decision,
    fill_at_the_open_before_the_decision,
    fill_at_the_old_close,
    fill_at_the_next_close,
    fill_at_the_best_price,
    fill_at_the_typical_price,
]
