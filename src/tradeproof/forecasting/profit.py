"""What trading on forecasts earns, beside buy-and-hold: the simulator's answer while a model is still in training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tradeproof.data.bars import BARS_COLUMNS
from tradeproof.errors import DataError
from tradeproof.market.account import simulate
from tradeproof.market.benchmarks import buy_and_hold
from tradeproof.market.metrics import Performance, performance
from tradeproof.market.positions import quantile_column, quantile_levels, targets_from_quantiles
from tradeproof.market.prices import AlignedPrices, Floats, align_prices
from tradeproof.market.rules import TradingRules
from tradeproof.params.schema import CostParams, ProfitParams

BARS_PER_YEAR = 252.0  # sessions; annualises the Sharpe ratio
REPORTED = ("total_return", "sharpe_ratio", "win_rate", "max_drawdown", "total_trades")
# a holding never ends, so it has no win rate
BESIDE = ("total_return", "sharpe_ratio", "max_drawdown", "total_trades")


@dataclass(frozen=True)
class ProfitReport:
    """One account per ticker, in one pool: what the forecasts earned, and what holding would have.

    Attributes:
        model: Accounts traded by the forecasts, after costs.
        buy_and_hold: Accounts that buy everything once, same bars, capital and costs, full size, no stops.
    """

    model: Performance
    buy_and_hold: Performance

    def to_metrics(self) -> dict[str, float]:
        """The figures by name, buy-and-hold's after a prefix; NaN where undefined (a win rate without trades)."""
        return {
            **{name: float(getattr(self.model, name)) for name in REPORTED},
            **{f"buy_and_hold_{name}": float(getattr(self.buy_and_hold, name)) for name in BESIDE},
        }


class ProfitTracker:
    """Trades forecasts in simulated accounts."""

    def __init__(
        self,
        *,
        initial_capital: float,
        commission: float,
        slippage: float,
        max_position_size: float,
        stop_loss: float | None,
        take_profit: float | None,
        horizon: int = 1,
        threshold: float = 0.0,
        least_return: float = 0.0,
        long_short: bool = False,
    ) -> None:
        """Set up the accounts.

        Args:
            initial_capital: Currency units, per ticker.
            commission: Share of the traded notional.
            slippage: Share by which each fill is worse than the price.
            max_position_size: Largest share of equity in one position.
            stop_loss: Share below the entry at which a position is closed; None: nowhere.
            take_profit: Share above the entry at which a position is closed; None: nowhere.
            horizon: Forecast horizon in bars that positions are taken from.
            threshold: Least |mean| of a forecast, in its own standard deviations, that opens a position.
            least_return: Least mean of a forecast that opens one, log return.
            long_short: Whether negative forecasts are sold short.

        Raises:
            DataError: A value outside its range.
        """
        self._rules = TradingRules(
            commission=float(commission),
            slippage=float(slippage),
            initial_capital=float(initial_capital),  # whole numbers are another type to compiled code
            max_position_size=max_position_size,
            stop_loss=stop_loss,
            take_profit=take_profit,
            long_short=long_short,
        )
        self._profit = ProfitParams(
            every_steps=1,
            report_every_steps=1,
            initial_capital=initial_capital,
            max_position_size=max_position_size,
            stop_loss=stop_loss,
            take_profit=take_profit,
            long_short=long_short,
            horizon=horizon,
            threshold=threshold,
            least_return=least_return,
        )

    @classmethod
    def from_params(cls, costs: CostParams, profit: ProfitParams) -> "ProfitTracker":
        """The accounts that params.yaml asks for."""
        return cls(**costs.model_dump(), **profit.model_dump(exclude={"every_steps", "report_every_steps"}))

    def measure(self, forecasts: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> ProfitReport:
        """Trade forecasts from the first to the last date they were made on.

        A forecast decides at the close of its date and is filled at the next open; nothing after the last date counts.

        Args:
            forecasts: Forecast frame; several tickers, dates and horizons.
            tables: Bars by ticker (feature tables will do), at least over those dates.

        Raises:
            DataError: No forecast of the tracker's horizon, or one without its bar.
        """
        mine = forecasts[forecasts["horizon"] == self._profit.horizon]
        if mine.empty:
            raise DataError(
                f"forecasts hold the horizons {sorted(forecasts['horizon'].unique().tolist())}, expected "
                f"profit.horizon {self._profit.horizon} among them"
            )
        bars = _bars(mine, tables)
        aligned = align_prices(bars)
        levels = quantile_levels(mine.columns)
        traded = simulate(aligned.prices, forecast_targets(mine, aligned, levels, self._profit), self._rules)
        held = simulate(aligned.prices, buy_and_hold(aligned.prices.close, 0), self._rules.yardstick())
        return ProfitReport(
            model=performance(traded, slice(None), BARS_PER_YEAR),
            buy_and_hold=performance(held, slice(None), BARS_PER_YEAR),
        )


def forecast_targets(
    frame: pd.DataFrame, aligned: AlignedPrices, levels: Sequence[float], profit: ProfitParams
) -> Floats:
    """Target weights [time, series] from the forecasts at profit.horizon; NaN where no order is given.

    Args:
        frame: Forecast frame; rows outside the aligned bars are left out, a bar without a row gives no order.
        aligned: Bars to trade.
        levels: Quantile levels, ascending.
        profit: Position rule.
    """
    columns = [quantile_column(level) for level in levels]
    mine = frame[frame["horizon"] == profit.horizon]
    targets = np.full(aligned.prices.shape, np.nan)
    for series, ticker in enumerate(aligned.tickers):
        times = aligned.times[aligned.series == series]
        own = mine[mine["ticker"] == ticker].set_index("date")[columns]
        quantiles = own.reindex(aligned.dates[times]).to_numpy(dtype=np.float64)
        targets[times, series] = targets_from_quantiles(quantiles, levels, profit)
    return targets


def _bars(forecasts: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The bars that forecasts are traded on: their tickers, from their first to their last date."""
    first, last = forecasts["date"].min(), forecasts["date"].max()
    pieces = []
    for ticker in sorted(forecasts["ticker"].unique()):
        if ticker not in tables:
            raise DataError(f"forecasts hold {ticker}, expected only tickers with bars: {sorted(tables)}")
        table = tables[ticker][list(BARS_COLUMNS)]
        pieces.append(table[table["date"].between(first, last)])
    bars = pd.concat(pieces, ignore_index=True)
    unknown = forecasts.merge(bars[["ticker", "date"]], on=["ticker", "date"], how="left", indicator=True)
    unknown = unknown[unknown["_merge"] == "left_only"]
    if len(unknown):
        raise DataError(
            f"forecast of {unknown['ticker'].iloc[0]} on {unknown['date'].iloc[0]:%Y-%m-%d} has no bar, expected one "
            "per forecast: forecast and trade the same bars"
        )
    return bars
