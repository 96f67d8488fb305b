"""Files of bars: one file in long form, or a folder with a file per ticker."""

from pathlib import Path

import pandas as pd

from tradeproof.data.headers import read_headers
from tradeproof.data.sources.raw import BarFile, Origin, RawBars
from tradeproof.errors import DataError
from tradeproof.params.schema import DataParams, UniverseParams
from tradeproof.runtime.files import sha256_file

SUFFIXES = (".csv", ".parquet")
SHOWN = 40


def load_folder(data: DataParams, universe: UniverseParams, root: Path) -> RawBars:
    """Read the wanted tickers of a file or a folder of files; upper and lower case count as equal.

    Raises:
        DataError: Nothing is there, a file cannot be read, or a ticker is not among them.
    """
    path = root / data.path
    if path.is_dir():
        files = _read_folder(path, universe.tickers)
    elif path.is_file() and path.suffix.casefold() in SUFFIXES:
        files = (_read_long(path, universe.tickers),)
    else:
        raise DataError(
            f"data.path is {data.path!r}, which is neither a folder nor a .csv or .parquet file; expected bars there, "
            "relative to the repository"
        )
    origin = Origin(
        source="folder",
        location=path.name,
        licence="not stated; the files were supplied by the user",
        adjustment="the files say nothing about what was done to their prices",
        survivorship="unknown: whoever chose the files chose which tickers are missing",
        synthetic=False,
    )
    return RawBars(files, origin)


def read_table(path: Path, key: str) -> pd.DataFrame:
    """Read a file without interpreting it: the cells of a CSV stay text.

    Args:
        path: A .csv or .parquet file.
        key: What named the file, for the message.

    Raises:
        DataError: It is no table.
    """
    import pyarrow as pa

    try:
        if path.suffix.casefold() == ".parquet":
            frame = pd.read_parquet(path, engine="pyarrow")
        else:
            frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, pa.ArrowException) as e:
        reason = " ".join(str(e).split())
        raise DataError(
            f"{path.name} ({key}) schema (1): cannot be read: {reason}. Expected a table with a line of headers "
            "and as many cells in each row; ask the vendor for the file again"
        ) from e
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    if path.suffix.casefold() == ".csv":
        raise DataError(
            f"{path.name} ({key}) schema (1): its rows hold more cells than its {len(frame.columns)} headers "
            f"{list(frame.columns)[:10]}. Expected as many; correct the file"
        )
    # a parquet file written by pandas keeps its dates in the index
    if frame.index.name is None and isinstance(frame.index, pd.DatetimeIndex):
        return frame.rename_axis("date").reset_index()
    return frame.reset_index()


def _read_folder(folder: Path, tickers: list[str]) -> tuple[BarFile, ...]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.casefold() not in SUFFIXES or not path.is_file():
            continue
        stem = path.stem.upper()
        if stem in found:
            raise DataError(f"{folder.name}/ holds {found[stem].name} and {path.name}; expected one file per ticker")
        found[stem] = path
    _refuse_unknown(tickers, list(found), f"{folder.name}/")
    files = []
    for ticker in tickers:
        path = found[ticker.upper()]
        frame = read_table(path, "data.path")
        if read_headers(frame.columns).found_as("ticker") is None:
            files.append(BarFile(path.name, sha256_file(path), frame.assign(ticker=ticker)))
        else:
            files.append(_wanted(path, frame, [ticker]))
    return tuple(files)


def _read_long(path: Path, tickers: list[str]) -> BarFile:
    frame = read_table(path, "data.path")
    if read_headers(frame.columns).found_as("ticker") is not None:
        return _wanted(path, frame, tickers)
    _refuse_unknown(tickers, [path.stem.upper()], f"{path.name}, which has no ticker column and so is one ticker,")
    return BarFile(path.name, sha256_file(path), frame.assign(ticker=tickers[0]))


def _wanted(path: Path, frame: pd.DataFrame, tickers: list[str]) -> BarFile:
    """Keep the rows of wanted tickers, spelled as in universe.tickers."""
    header = read_headers(frame.columns).found_as("ticker")
    spelled = frame[header].astype("str").str.strip().str.upper()
    _refuse_unknown(tickers, sorted(spelled.unique()), path.name)
    as_wanted = spelled.map({ticker.upper(): ticker for ticker in tickers})
    kept = frame.assign(**{str(header): as_wanted})[as_wanted.notna()].reset_index(drop=True)
    return BarFile(path.name, sha256_file(path), kept)


def _refuse_unknown(tickers: list[str], there: list[str], name: str) -> None:
    unknown = [ticker for ticker in tickers if ticker.upper() not in there]
    if unknown:
        shown = ", ".join(there[:SHOWN]) + (f" and {len(there) - SHOWN} more" if len(there) > SHOWN else "")
        raise DataError(
            f"universe.tickers holds {unknown}, not found in {name} (data.path); it has {shown or 'no bars'}. "
            "Correct the ticker, or add its file"
        )
