"""How an account trades: costs, capital, limits, stops."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from tradeproof.errors import DataError
from tradeproof.params.schema import CostParams, ProfitParams


@dataclass(frozen=True)
class TradingRules:
    """How an account trades.

    Args:
        commission: Share of the traded notional.
        slippage: Share by which each fill is worse than the price.
        initial_capital: Currency units, per account.
        max_position_size: Largest |weight|, share of equity; targets beyond it are cut to it.
        stop_loss: Share on the losing side of the average entry price where a position is closed; None: nowhere.
        take_profit: The same on the winning side.
        long_short: False cuts negative targets to 0.

    Raises:
        DataError: A number that is not finite or outside its range.
    """

    commission: float
    slippage: float
    initial_capital: float
    max_position_size: float
    stop_loss: float | None
    take_profit: float | None
    long_short: bool

    def __post_init__(self) -> None:
        expected = {
            "commission": (0.0 <= self.commission < 1.0, "0 to 1"),
            "slippage": (0.0 <= self.slippage < 1.0, "0 to 1"),
            "initial_capital": (0.0 < self.initial_capital < math.inf, "a positive amount"),
            "max_position_size": (0.0 < self.max_position_size <= 1.0, "above 0 and at most 1"),
            "stop_loss": (self.stop_loss is None or 0.0 < self.stop_loss < 1.0, "between 0 and 1, or none"),
            "take_profit": (self.take_profit is None or 0.0 < self.take_profit < math.inf, "above 0, or none"),
        }
        wrong = [
            f"{key} is {getattr(self, key)}, expected {range_}"
            for key, (holds, range_) in expected.items()
            if not holds
        ]
        if not wrong and not (1.0 + self.commission) * (1.0 + self.slippage) < 2.0:
            wrong = [
                f"commission {self.commission} and slippage {self.slippage} make a buy cost more than the stock, "
                "expected less"
            ]
        if wrong:
            raise DataError(f"trading rules (params costs, profit): {'; '.join(wrong)}")

    @classmethod
    def from_params(cls, costs: CostParams, profit: ProfitParams) -> "TradingRules":
        """The rules that params.yaml states."""
        return cls(
            commission=costs.commission,
            slippage=costs.slippage,
            initial_capital=profit.initial_capital,
            max_position_size=profit.max_position_size,
            stop_loss=profit.stop_loss,
            take_profit=profit.take_profit,
            long_short=profit.long_short,
        )

    def yardstick(self) -> "TradingRules":
        """Rules for a yardstick such as buy-and-hold: the same costs and capital, full size, no stops."""
        return replace(self, max_position_size=1.0, stop_loss=None, take_profit=None)


class Rules(NamedTuple):
    """The rules as compiled code reads them; a level that is not set is infinitely far away."""

    commission: float
    slippage: float
    lowest: float  # weight
    highest: float
    stop_loss: float
    take_profit: float


class Account(NamedTuple):
    """State of one account between two bars."""

    cash: float
    shares: float  # negative: short
    entry_price: float  # average over what is held, slippage included, commission not; NaN when flat
    equity: float  # marked at the last close
    bankrupt: bool


def compiled_rules(rules: TradingRules) -> tuple[Rules, Account]:
    """The rules as compiled code reads them, and an account before its first bar."""
    size, capital = rules.max_position_size, rules.initial_capital
    return (
        Rules(
            commission=rules.commission,
            slippage=rules.slippage,
            lowest=-size if rules.long_short else 0.0,
            highest=size,
            stop_loss=math.inf if rules.stop_loss is None else rules.stop_loss,
            take_profit=math.inf if rules.take_profit is None else rules.take_profit,
        ),
        Account(cash=capital, shares=0.0, entry_price=math.nan, equity=capital, bankrupt=False),
    )
