"""Yahoo Finance as a source, through yfinance."""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

from tradeproof.data.calendar import sessions
from tradeproof.data.sources.raw import BarFile, Origin, RawBars
from tradeproof.errors import DataError
from tradeproof.params.schema import DataParams, UniverseParams

# ticker, first day, last day (both included) -> frame as Ticker.history(auto_adjust=False, actions=True) gives it
Fetch = Callable[[str, date, date], pd.DataFrame]
COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Volume": "volume",
    "Dividends": "dividend_amount",
}


def load_yahoo(data: DataParams, universe: UniverseParams, fetch: Fetch, sleep: Callable[[float], None]) -> RawBars:
    """Ask Yahoo for daily bars of each ticker.

    Prices come split-adjusted and not dividend-adjusted, so split_coefficient is 1 and the dividends are kept: the
    total-return adjustment is then the same computation as for every other source.

    Args:
        data: Days asked for, retries, and how much of the calendar an answer must hold.
        universe: Tickers as Yahoo spells them, and their calendar.
        fetch: Asks the vendor; fetch_history, or another callable that answers in the same form.
        sleep: Waits for some seconds between two attempts.

    Raises:
        DataError: After all attempts the answer for a ticker is an error, empty or short.
    """
    asked = sessions(universe.calendar, data.start, data.end)
    if asked.empty:
        raise DataError(
            f"data.start {data.start} to data.end {data.end} holds no session of calendar {universe.calendar}; "
            "expected at least one"
        )
    files = []
    for ticker in universe.tickers:
        answer = _patiently(ticker, data, asked, fetch, sleep)
        files.append(BarFile(f"yahoo:{ticker}", None, _canonical(ticker, answer)))
    origin = Origin(
        source="yahoo",
        location="Yahoo Finance through yfinance",
        licence="Yahoo's terms of use: personal use, no redistribution",
        adjustment="prices and volumes split-adjusted by Yahoo as of the day of the request, not dividend-adjusted",
        survivorship="Yahoo lists what trades today: tickers that were delisted are missing",
        synthetic=False,
    )
    return RawBars(tuple(files), origin)


def fetch_history(ticker: str, start: date, end: date) -> pd.DataFrame:
    """Ask the vendor once; an unreachable vendor may answer with an empty frame instead of an error."""
    import yfinance

    history: pd.DataFrame = yfinance.Ticker(ticker).history(
        # the vendor's end is exclusive
        start=start.isoformat(),
        end=(end + timedelta(days=1)).isoformat(),
        interval="1d",
        auto_adjust=False,
        actions=True,
    )
    return history


def _patiently(
    ticker: str, data: DataParams, asked: pd.DatetimeIndex, fetch: Fetch, sleep: Callable[[float], None]
) -> pd.DataFrame:
    from yfinance.exceptions import YFException

    fault = ""
    for attempt in range(data.yahoo.retries):
        if attempt:
            sleep(data.yahoo.backoff_seconds * 2 ** (attempt - 1))
        try:
            answer = fetch(ticker, data.start, data.end)
        except (YFException, OSError) as e:
            fault = f"{type(e).__name__}: {' '.join(str(e).split())}"
            continue
        found_fault = _fault(answer, data, asked)
        if found_fault is None:
            return answer
        fault = found_fault
    raise DataError(
        f"yahoo gave no usable bars of {ticker} for {data.start} to {data.end} in {data.yahoo.retries} attempts; the "
        f"last answer: {fault}. Check the ticker and the network, ask for other days (data.start, data.end), or lower "
        "data.yahoo.coverage; nothing was replaced by other data"
    )


def _fault(answer: pd.DataFrame, data: DataParams, asked: pd.DatetimeIndex) -> str | None:
    """Why an answer cannot be used, or None."""
    if answer.empty:
        return "empty"
    missing = [column for column in COLUMNS if column not in answer.columns]
    if missing or not isinstance(answer.index, pd.DatetimeIndex):
        return f"without the columns {missing} (found {list(map(str, answer.columns))})"
    days = answer.index.tz_localize(None).normalize().as_unit("us")
    covered = float(asked.isin(days).mean())
    if covered < data.yahoo.coverage:
        return (
            f"{len(answer)} rows from {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}, which hold {covered:.1%} of the "
            f"{len(asked)} sessions asked for, below data.yahoo.coverage {data.yahoo.coverage:g}"
        )
    return None


def _canonical(ticker: str, answer: pd.DataFrame) -> pd.DataFrame:
    # the vendor's stamp is midnight at the exchange; its wall-clock day is the session
    days = pd.DatetimeIndex(answer.index).tz_localize(None).normalize().as_unit("us")
    values = answer[list(COLUMNS)].rename(columns=COLUMNS).reset_index(drop=True)
    return values.assign(ticker=ticker, date=days, split_coefficient=1.0)
