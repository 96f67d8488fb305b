"""From a delivered file to typed columns; what cannot be understood is named, never guessed."""

from dataclasses import dataclass

import pandas as pd

from tradeproof.data.bars import ADJUSTED_CLOSE, BARS_COLUMNS, FACTOR_COLUMNS, VALUE_COLUMNS
from tradeproof.data.dates import ParsedDates, parse_dates
from tradeproof.data.finding import FIRST_ROWS, WHOLE_FILE, Finding, schema_fault
from tradeproof.data.headers import Headers, read_headers
from tradeproof.data.sources.raw import BarFile

NUMBER_COLUMNS = (*VALUE_COLUMNS, ADJUSTED_CLOSE, *FACTOR_COLUMNS)
MISSING_WORDS = ("", "-", "null", "none", "nan", "na", "n/a", "#n/a", "nat")


@dataclass(frozen=True)
class ParsedFile:
    """Typed rows in the delivered order, and what was found on the way.

    Attributes:
        frame: BARS_COLUMNS, and of adjusted_close, split_coefficient, dividend_amount those that the file has; without
            the rows that a "schema" finding names; None when the file as a whole cannot be understood.
        findings: "schema" for what cannot be understood, "other_headers" for what was spelled differently.
    """

    frame: pd.DataFrame | None
    findings: tuple[Finding, ...]


def parse_file(file: BarFile, other_headers: str) -> ParsedFile:
    """Read headers, dates and numbers of one file.

    Args:
        file: As the source delivered it.
        other_headers: The action for known headers in another spelling.
    """
    ticker = _only_ticker(file.frame)
    headers = read_headers(file.frame.columns)
    faults = _header_faults(file, headers, ticker)
    if faults:
        return ParsedFile(None, tuple(faults))
    frame = file.frame.rename(columns=headers.meaning)
    frame = frame[[name for name in (*BARS_COLUMNS, *NUMBER_COLUMNS[len(VALUE_COLUMNS) :]) if name in frame]]
    frame = frame.reset_index(drop=True)
    dates = parse_dates(frame["date"])
    numbers, unread_cells = _numbers(frame)
    findings = _spelling(file.name, ticker, headers, dates.note, other_headers)
    whole = _date_fault(file.name, ticker, frame["ticker"], dates)
    if whole is not None:
        return ParsedFile(None, (*findings, whole))
    unread = dates.days.isna()
    if unread.any():
        rows = [f"row {row + 1}: date {frame['date'][row]!r}" for row in frame.index[unread]]
        advice = "Correct these dates; expected one way of writing in the whole file, best year-month-day"
        findings.append(schema_fault(file.name, ticker, len(rows), rows, advice))
    if unread_cells:
        rows = [f"row {row + 1}: {name} {str(frame[name][row])[:40]!r}" for row, name in unread_cells]
        findings.append(schema_fault(file.name, ticker, len(rows), rows, "Expected numbers there; correct these cells"))
    typed = pd.DataFrame({"ticker": frame["ticker"].astype("str"), "date": dates.days, **numbers})
    unread[[row for row, _ in unread_cells]] = True
    return ParsedFile(typed[~unread].reset_index(drop=True), tuple(findings))


def _only_ticker(frame: pd.DataFrame) -> str:
    header = read_headers(frame.columns).found_as("ticker")
    tickers = [] if header is None else frame[header].unique().tolist()
    return str(tickers[0]) if len(tickers) == 1 else WHOLE_FILE


def _header_faults(file: BarFile, headers: Headers, ticker: str) -> list[Finding]:
    faults = []
    missing = [name for name in BARS_COLUMNS if name not in headers.meaning.values()]
    if missing:
        own = file.frame.drop(columns="ticker", errors="ignore")
        head = " | ".join(" ".join(map(str, row)) for row in own.head(2).itertuples(index=False))
        text = f"no column {', '.join(missing)}; found the headers {list(map(str, own.columns))}, then {head[:120]!r}"
        advice = f"Ask the vendor for the file again, or give it the columns {', '.join(BARS_COLUMNS[1:])}"
        faults.append(schema_fault(file.name, ticker, 1, [text], advice))
    if headers.clashes:
        advice = "Keep one column for each"
        faults.append(schema_fault(file.name, ticker, len(headers.clashes), headers.clashes, advice))
    return faults


def _date_fault(file: str, ticker: str, tickers: pd.Series, dates: ParsedDates) -> Finding | None:
    """Why the date column as a whole cannot be read, or None."""
    if dates.fault is not None:
        return schema_fault(file, ticker, 1, [dates.fault], "Write the dates as year-month-day")
    stamps = pd.DataFrame({"ticker": tickers, "day": dates.days, "time": dates.times})[dates.days.notna()]
    stamps = stamps.drop_duplicates()
    within = stamps[stamps.duplicated(["ticker", "day"])]
    if within.empty:
        return None
    rows = [f"{row.ticker} {row.day:%Y-%m-%d}" for row in within.head(FIRST_ROWS).itertuples()]
    advice = "These days have bars within the day; give the file one bar per session"
    return schema_fault(file, ticker, len(within), rows, advice)


def _spelling(file: str, ticker: str, headers: Headers, note: str | None, action: str) -> list[Finding]:
    rows = [f"{header!r} read as {name}" for header, name in headers.renamed.items()]
    rows += [note] if note is not None else []
    if not rows:
        return []
    advice = (
        "Rename them in the file, or set download.quality.other_headers to warn"
        if action == "error"
        else "Read under the names used here"
    )
    return [Finding("other_headers", action, file, ticker, len(rows), tuple(rows), advice)]


def _numbers(frame: pd.DataFrame) -> tuple[dict[str, pd.Series], list[tuple[int, str]]]:
    """Columns as float64, NaN where the cell is empty; and row and column of the cells that hold something else."""
    import pandera.pandas as pa

    present = [name for name in NUMBER_COLUMNS if name in frame]
    texts = pd.DataFrame({name: _blank_missing_words(frame[name]) for name in present})
    schema = pa.DataFrameSchema({name: pa.Column("float64", nullable=True, coerce=True) for name in present})
    unread: list[tuple[int, str]] = []
    try:
        typed = schema.validate(texts, lazy=True)
    except pa.errors.SchemaErrors as e:
        cases = e.failure_cases.dropna(subset="index").drop_duplicates(["column", "index"])
        unread = sorted(zip(cases["index"].astype("int64"), cases["column"], strict=True))
        typed = texts.apply(pd.to_numeric, errors="coerce").astype("float64")
    return {name: typed[name] for name in present}, unread


def _blank_missing_words(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    text = column.astype("str").str.strip()
    return text.where(~text.str.casefold().isin(MISSING_WORDS))
