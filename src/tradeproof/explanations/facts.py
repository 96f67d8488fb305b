"""Facts: what was knowable when a policy decided, as it is displayed; the truth that every text is checked against.

A snapshot holds displayed values: rounded to the decimals of their quantity, once. A prompt shows them, a text rounds
them further, and a check compares with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tradeproof.errors import DataError
from tradeproof.explanations.quantities import is_quantity
from tradeproof.explanations.states import STATES
from tradeproof.market.positions import ACTIONS

ORDERS = (
    "open_long",
    "open_short",
    "close_long",
    "close_short",
    "reverse_to_long",
    "reverse_to_short",
    "keep_long",
    "keep_short",
    "stay_flat",
)
"""What a decision does to the account: an order for the next open, or none (keep, stay)."""


@dataclass(frozen=True)
class Driver:
    """What one quantity added to the log-odds of the action that was chosen (integrated gradients).

    Attributes:
        key: The quantity.
        attribution: Log-odds, rounded to two decimals; positive: it spoke for the action, negative: against it.
    """

    key: str
    attribution: float

    @property
    def supports(self) -> bool:
        """Whether it spoke for the action."""
        return self.attribution > 0.0


@dataclass(frozen=True)
class Counterfactual:
    """The nearest other world along one quantity, all else equal, in which the policy acts otherwise.

    Attributes:
        key: The quantity.
        value: Displayed value at which it does; the policy was run with exactly this value.
        action: What it then does.
        beyond: Whether it does so from there on, away from the present value, as far as training has seen.
    """

    key: str
    value: float
    action: str
    beyond: bool


@dataclass(frozen=True)
class Snapshot:
    """What was knowable at the close of one bar of one ticker, and what the policy decided there.

    Attributes:
        ticker: Whose bar.
        date: Of the bar, as 2015-12-31.
        action: sell, hold or buy.
        order: What that does to the account, one of ORDERS.
        readings: Displayed values by key of their quantity. Prices are adjusted for splits and dividends.
        states: Words by what they say something of, see states.STATES.
        drivers: What spoke for and against the action, by weight, the weightiest first.
        counterfactual: None where no single quantity can change the action.
    """

    ticker: str
    date: str
    action: str
    order: str
    readings: Mapping[str, float]
    states: Mapping[str, str]
    drivers: tuple[Driver, ...]
    counterfactual: Counterfactual | None

    def to_dict(self) -> dict[str, Any]:
        """The snapshot as JSON."""
        return asdict(self) | {"readings": dict(self.readings), "states": dict(self.states)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Snapshot":
        """Read what `to_dict` wrote; a reading of None is none.

        Raises:
            DataError: It is no snapshot.
        """
        try:
            other = content["counterfactual"]
            snapshot = cls(
                ticker=str(content["ticker"]),
                date=_day(content["date"]),
                action=str(content["action"]),
                order=str(content["order"]),
                readings={str(k): float(v) for k, v in content["readings"].items() if v is not None},
                states={str(k): str(v) for k, v in content["states"].items() if v is not None},
                drivers=tuple(Driver(str(d["key"]), float(d["attribution"])) for d in content["drivers"]),
                counterfactual=None
                if other is None
                else Counterfactual(
                    str(other["key"]), float(other["value"]), str(other["action"]), bool(other["beyond"])
                ),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise DataError(f"snapshot cannot be read ({type(e).__name__}: {e}); generate the dataset again") from e
        _refuse_unknown(snapshot)
        return snapshot


@dataclass(frozen=True)
class Facts:
    """All that one prompt tells, and so all that a text about it may claim.

    Attributes:
        snapshots: The first is the focus: what a text speaks of where it names no other ticker or date. Others are
            other tickers of the same date, or earlier dates of the same ticker.
        moments: Words for the dates of other snapshots, such as "yesterday": 2015-12-30; knowable ones only.
        universe: Readings of all tickers together on the date of the focus, keys `universe_...`; empty where the
            prompt tells none.
    """

    snapshots: tuple[Snapshot, ...]
    moments: Mapping[str, str]
    universe: Mapping[str, float]

    def __post_init__(self) -> None:
        late = [snapshot.date for snapshot in self.snapshots if snapshot.date > self.focus.date]
        if late:
            raise DataError(f"facts of {self.focus.date} hold a snapshot of {late[0]}; expected none of a later date")

    @property
    def focus(self) -> Snapshot:
        """What a text speaks of where it names nothing else."""
        return self.snapshots[0]

    def of(self, ticker: str, date: str) -> Snapshot | None:
        """The snapshot of a ticker on a date; None where the facts hold none."""
        return next((s for s in self.snapshots if s.ticker == ticker and s.date == date), None)

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON."""
        return {
            "snapshots": [snapshot.to_dict() for snapshot in self.snapshots],
            "moments": dict(self.moments),
            "universe": dict(self.universe),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Facts":
        """Read what `to_dict` wrote; a value of None is none.

        Raises:
            DataError: They are no facts.
        """
        try:
            snapshots: Sequence[Mapping[str, Any]] = content["snapshots"]
            moments = {str(k): _day(v) for k, v in content["moments"].items() if v is not None}
            universe = {str(k): float(v) for k, v in content["universe"].items() if v is not None}
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise DataError(f"facts cannot be read ({type(e).__name__}: {e}); generate the dataset again") from e
        if not snapshots:
            raise DataError("facts hold no snapshot, expected one or more; generate the dataset again")
        return cls(tuple(Snapshot.from_dict(snapshot) for snapshot in snapshots), moments, universe)


def alone(snapshot: Snapshot) -> Facts:
    """The facts of one decision."""
    return Facts((snapshot,), {}, {})


def _day(value: object) -> str:
    """A date as 2015-12-31; readers of JSON such as the datasets library make a time of it."""
    return str(value)[:10]


def _refuse_unknown(snapshot: Snapshot) -> None:
    strange = [key for key in snapshot.readings if not is_quantity(key)]
    strange += [f"{name} {word}" for name, word in snapshot.states.items() if word not in STATES.get(name, ())]
    strange += [snapshot.order] if snapshot.order not in ORDERS else []
    strange += [snapshot.action] if snapshot.action not in ACTIONS else []
    if strange:
        raise DataError(f"snapshot holds {strange[0]!r}, which no text can speak of; generate the dataset again")
