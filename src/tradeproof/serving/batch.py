"""Forecasts of a whole bar file at once: every ticker, every date between two days, every horizon."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from tradeproof.data.barfile import read_bar_file
from tradeproof.errors import DataError, ParamsError, StorageError
from tradeproof.features.table import build_table
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.progress import progress
from tradeproof.runtime.files import write_bytes
from tradeproof.serving.source import LoadedModel, load_model

PARQUET, CSV = ".parquet", ".csv"
KEYS = ["symbol", "date", "horizon"]


@dataclass(frozen=True)
class BatchForecast:
    """What a model says of the bars of a file.

    Attributes:
        frame: symbol, date (last bar known), horizon in bars, then the quantiles of the log return from the adjusted
            close of that bar to the one `horizon` bars later, one column per level; sorted by the first three.
        left_out: Tickers without a forecast, and why.
        notes: What was tolerated in the file.
    """

    frame: pd.DataFrame
    left_out: dict[str, str]
    notes: tuple[str, ...]


def forecast_file(source: str, bars: Path, start: date, end: date) -> BatchForecast:
    """Forecast from a file of bars.

    Bars before `start` are the history that features need; bars after `end` are never looked at. A date whose history
    does not suffice has no row.

    Args:
        source: Folder or registry URI of the model.
        bars: Parquet or CSV; its tickers need not be those the model has learnt from.
        start: First date to forecast from.
        end: Last date to forecast from.

    Raises:
        ParamsError: `start` is after `end`.
        DataError: The bars cannot be used, or no ticker has enough of them.
    """
    if start > end:
        raise ParamsError(f"--from is {start}, after --to {end}; expected the earlier day first")
    model = load_model(source)
    found = read_bar_file(bars, end)
    frames, left_out = [], {}
    tickers = found.bars.groupby("ticker", sort=True)
    with progress("forecast", len(tickers)) as bar:
        for step, (ticker, own) in enumerate(tickers, start=1):
            frame, fault = _forecast(model, own.reset_index(drop=True), start, end)
            if fault is None:
                frames.append(frame)
            else:
                left_out[str(ticker)] = fault
            bar.update(step)
    if not frames:
        raise DataError(f"{bars.name} allows no forecast from {start} to {end}: {summary(left_out)}")
    frame = pd.concat(frames, ignore_index=True).rename(columns={"ticker": "symbol"})
    return BatchForecast(frame.sort_values(KEYS, ignore_index=True), left_out, found.notes)


def summary(left_out: dict[str, str], shown: int = 5) -> str:
    """Name the tickers without a forecast, the first few with the reason."""
    first = "; ".join(f"{ticker} {reason}" for ticker, reason in list(left_out.items())[:shown])
    others = list(left_out)[shown:]
    return first + (f"; likewise {', '.join(others)}" if others else "")


def check_output(path: Path) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises:
        ParamsError: Another suffix, a folder, or a file where a parent folder should be.
    """
    if path.suffix.casefold() not in (PARQUET, CSV):
        raise ParamsError(f"--output is {path}, expected a name that ends in {PARQUET} or {CSV}")
    if path.is_dir():
        raise ParamsError(f"--output is {path}, which is a folder; expected the name of a file")
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir():
        raise ParamsError(f"--output is {path}, but {parent} is a file; expected a folder there")


def write_forecasts(path: Path, frame: pd.DataFrame) -> None:
    """Write forecasts whole or not at all, as parquet or CSV by the suffix; parent folders are made.

    Raises:
        StorageError: The disk does not take them.
    """
    if path.suffix.casefold() == PARQUET:
        content = frame.to_parquet(index=False, compression="zstd")
    else:
        dated = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))
        content = dated.to_csv(index=False, lineterminator="\n").encode("utf-8")
    try:
        write_bytes(path, content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as e:
        raise StorageError(f"{path} cannot be written: {e.strerror}; choose another --output") from e


def _forecast(model: LoadedModel, bars: pd.DataFrame, start: date, end: date) -> tuple[pd.DataFrame, str | None]:
    """One ticker's forecasts, or why there are none."""
    inside = bars["date"].between(pd.Timestamp(start), pd.Timestamp(end))
    if not inside.any():
        last = f"{bars['date'].iloc[0]:%Y-%m-%d} to {bars['date'].iloc[-1]:%Y-%m-%d}"
        return pd.DataFrame(), f"has no bar from {start} to {end} (its bars run from {last})"
    table = build_table(bars, model.contract.params)
    frame = forecast_table(model.forecaster, table, model.contract, start, end)
    if frame.empty:
        return frame, (
            f"has {len(bars)} bars up to {bars['date'].iloc[-1]:%Y-%m-%d}, too few for a full history (more than "
            f"{model.contract.warm_up}, with prices that move)"
        )
    return frame, None
