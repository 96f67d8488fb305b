"""Forecasts of a whole bar file at once: every ticker, every date between two days, every horizon."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from tradeproof.data.barfile import read_bar_file
from tradeproof.errors import DataError, ParamsError, StorageError
from tradeproof.features.contract import FeatureContract
from tradeproof.features.table import build_table
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.progress import progress
from tradeproof.runtime.files import write_bytes
from tradeproof.serving.source import load_model

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
    tables = {str(ticker): own.reset_index(drop=True) for ticker, own in found.bars.groupby("ticker", sort=True)}
    left_out = {ticker: fault for ticker, own in tables.items() if (fault := _fault(own, model.contract, start, end))}
    wanted = [ticker for ticker in tables if ticker not in left_out]
    frames = []
    if wanted:
        with progress("forecast", len(wanted)) as bar:
            for step, ticker in enumerate(wanted, start=1):
                table = build_table(tables[ticker], model.contract.params)
                frame = forecast_table(model.forecaster, table, model.contract, start, end)
                if frame.empty:
                    left_out[ticker] = _too_few(tables[ticker], model.contract)
                else:
                    frames.append(frame)
                bar.update(step)
    if len(left_out) == len(tables):
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


def _fault(bars: pd.DataFrame, contract: FeatureContract, start: date, end: date) -> str | None:
    """Why one ticker can have no forecast, as far as its dates tell."""
    inside = bars["date"].between(pd.Timestamp(start), pd.Timestamp(end))
    if not inside.any():
        first, last = bars["date"].iloc[0], bars["date"].iloc[-1]
        return f"has no bar from {start} to {end} (its bars run from {first:%Y-%m-%d} to {last:%Y-%m-%d})"
    return _too_few(bars, contract) if len(bars) <= contract.warm_up else None


def _too_few(bars: pd.DataFrame, contract: FeatureContract) -> str:
    return (
        f"has {len(bars)} bars up to {bars['date'].iloc[-1]:%Y-%m-%d}, too few for a full history (more than "
        f"{contract.warm_up}, with prices that move)"
    )
