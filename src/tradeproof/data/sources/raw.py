"""Bars as a source delivers them, before anything is checked or changed."""

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class BarFile:
    """One delivered file, or one answer of a vendor.

    Attributes:
        name: File name without its folder, or the vendor's name for the answer.
        sha256: Of the file's bytes; None where there is no file.
        frame: Rows and headers as delivered, in delivered order; a ticker column is added where the file has none.
            Only rows of wanted tickers, spelled as in universe.tickers.
    """

    name: str
    sha256: str | None
    frame: pd.DataFrame


@dataclass(frozen=True)
class Origin:
    """Where bars come from, for the manifest.

    Attributes:
        source: The value of data.source.
        location: A name, never a path of this machine.
        licence: What is known of the right to use the bars.
        adjustment: What the source says it has done to the prices.
        survivorship: Which tickers are missing because they did not last.
        synthetic: True when no market made these prices.
    """

    source: str
    location: str
    licence: str
    adjustment: str
    survivorship: str
    synthetic: bool


@dataclass(frozen=True)
class RawBars:
    """All that a source delivered."""

    files: tuple[BarFile, ...]
    origin: Origin

    @property
    def frame(self) -> pd.DataFrame:
        """All files under each other, headers as delivered."""
        return pd.concat([file.frame for file in self.files], ignore_index=True)

    def inputs(self) -> dict[str, Any]:
        """SHA-256 of each file that has bytes."""
        return {file.name: file.sha256 for file in self.files if file.sha256 is not None}
