"""What the sections of params.yaml have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TICKER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$"
Ticker = Annotated[str, Field(pattern=TICKER_PATTERN)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
Window = Annotated[int, Field(ge=2, le=2000)]
Action = Literal["error", "drop", "warn"]
# some rules have no rows that could be dropped, or none that could be kept
KeepOrStop = Literal["error", "warn"]
DropOrStop = Literal["error", "drop"]


class Params(BaseModel):
    """A section of params.yaml: frozen, with no key beyond those declared and no default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def refuse_repeats(key: str, values: list[int] | list[str]) -> None:
    """Raise ValueError for a value that stands twice."""
    folded = [str(value).casefold() for value in values]
    repeated = sorted({value for value in folded if folded.count(value) > 1})
    if repeated:
        raise ValueError(f"{key} repeats {repeated}; expected each value once (upper and lower case count as equal)")
