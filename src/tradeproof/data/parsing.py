"""From a delivered file to typed columns; what cannot be understood is named, never guessed."""

from dataclasses import dataclass

import pandas as pd

from tradeproof.data.bars import ADJUSTED_CLOSE, BARS_COLUMNS, FACTOR_COLUMNS, VALUE_COLUMNS
from tradeproof.data.dates import parse_dates
from tradeproof.data.finding import FIRST_ROWS, SCHEMA, WHOLE_FILE, Finding, schema_fault
from tradeproof.data.headers import Headers, read_headers
from tradeproof.data.sources.raw import BarFile

NUMBER_COLUMNS = (*VALUE_COLUMNS, ADJUSTED_CLOSE, *FACTOR_COLUMNS)
MISSING_WORDS = ("", "-", "null", "none", "nan", "na", "n/a", "#n/a", "nat")


@dataclass(frozen=True)
class ParsedFile:
    """Typed rows in the delivered order, and what was found on the way.

    Attributes:
        frame: BARS_COLUMNS, and of adjusted_close, split_coefficient, dividend_amount those that the file has; None
            when the file cannot be understood.
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
    faults = _date_faults(file.name, frame["ticker"], frame["date"], dates.days, dates.times, dates.fault)
    numbers, number_faults = _numbers(file.name, frame)
    findings = [*_spelling(file.name, ticker, headers, dates.note, other_headers), *faults, *number_faults]
    if any(finding.rule == SCHEMA for finding in findings):
        return ParsedFile(None, tuple(findings))
    typed = pd.DataFrame({"ticker": frame["ticker"].astype("str"), "date": dates.days, **numbers})
    return ParsedFile(typed, tuple(findings))


def _only_ticker(frame: pd.DataFrame) -> str:
    header = read_headers(frame.columns).found_as("ticker")
    tickers = [] if header is None else frame[header].unique().tolist()
    return str(tickers[0]) if len(tickers) == 1 else WHOLE_FILE


def _header_faults(file: BarFile, headers: Headers, ticker: str) -> list[Finding]:
    faults = []
    missing = [name for name in BARS_COLUMNS if name not in headers.meaning.values()]
    if missing:
        own = [str(column) for column in file.frame.columns if column != "ticker"]
        head = " | ".join(" ".join(map(str, row)) for row in file.frame[own].head(2).itertuples(index=False))
        faults.append(
            schema_fault(
                file.name,
                ticker,
                len(missing),
                [f"columns {missing} are missing", f"headers found: {own}", f"first rows: {head[:120]}"],
                "Ask the vendor for the file again, or give it the columns date, open, high, low, close, volume",
            )
        )
    if headers.clashes:
        advice = "Keep one column for each"
        faults.append(schema_fault(file.name, ticker, len(headers.clashes), headers.clashes, advice))
    return faults


def _date_faults(
    file: str, tickers: pd.Series, delivered: pd.Series, days: pd.Series, times: pd.Series, fault: str | None
) -> list[Finding]:
    if fault is not None:
        return [schema_fault(file, WHOLE_FILE, len(days), [fault], "Write the dates as year-month-day")]
    unread = days.isna()
    if unread.any():
        rows = [f"row {row + 1}: date {delivered[row]!r}" for row in days.index[unread][:FIRST_ROWS]]
        advice = "Correct these dates; expected one way of writing in the whole file, best year-month-day"
        return [schema_fault(file, WHOLE_FILE, int(unread.sum()), rows, advice)]
    stamps = pd.DataFrame({"ticker": tickers, "day": days, "time": times}).drop_duplicates()
    within = stamps.duplicated(["ticker", "day"])
    if within.any():
        found = stamps[within]
        rows = [f"{row.ticker} {row.day:%Y-%m-%d} {row.time}" for row in found.head(FIRST_ROWS).itertuples()]
        advice = "The file holds several bars within a day; give it one bar per session"
        return [schema_fault(file, WHOLE_FILE, int(within.sum()), rows, advice)]
    return []


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


def _numbers(file: str, frame: pd.DataFrame) -> tuple[dict[str, pd.Series], list[Finding]]:
    """Columns as float64, NaN where the cell is empty; and the cells that hold something else."""
    import pandera.pandas as pa

    present = [name for name in NUMBER_COLUMNS if name in frame]
    texts = pd.DataFrame({name: _blank_missing_words(frame[name]) for name in present})
    schema = pa.DataFrameSchema({name: pa.Column("float64", nullable=True, coerce=True) for name in present})
    try:
        typed = schema.validate(texts, lazy=True)
    except pa.errors.SchemaErrors as e:
        cases = e.failure_cases.dropna(subset="index")
        cases = cases.drop_duplicates(["column", "index"]).sort_values(["index", "column"])
        shown = cases[["index", "column", "failure_case"]].head(FIRST_ROWS).to_numpy()
        rows = [f"row {row + 1} ({frame['ticker'][row]}): {name} {str(cell)[:40]!r}" for row, name, cell in shown]
        return {}, [schema_fault(file, WHOLE_FILE, len(cases), rows, "Expected numbers there; correct these cells")]
    return {name: typed[name] for name in present}, []


def _blank_missing_words(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    text = column.astype("str").str.strip()
    return text.where(~text.str.casefold().isin(MISSING_WORDS))
