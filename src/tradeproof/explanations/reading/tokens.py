"""A text as a row of tokens: words, numbers, dates, tickers, marks, each with its place."""

import re
from functools import lru_cache
from typing import NamedTuple

TYPOGRAPHY = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "\N{HYPHEN}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{EM DASH}": ",",
        "\N{MULTIPLICATION SIGN}": "*",
        "\N{MIDDLE DOT}": "*",
        "\N{DIVISION SIGN}": "/",
        "\N{ALMOST EQUAL TO}": "~",
        "_": " ",
        "`": " ",
    }
)
"""Character for character, so that places in the text stay what they are."""


RANGE_DASH = re.compile(r"(?<=[\s(])\N{EN DASH}(?=[\d$])|(?<=\d) ?\N{EN DASH} ?(?=\d)")


MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


MONTH = "|".join(f"{m[:3]}(?:{m[3:]}|\\.)?" if len(m) > 3 else m for m in MONTHS)


TOKEN = (
    r"(?P<iso>\d{4}-\d\d-\d\d(?!\d))"
    rf"|(?P<long>(?=[\djfmasondJFMASOND])(?i:\d{{1,2}}(?:st|nd|rd|th)? (?:{MONTH}),? \d{{4}}"
    rf"|(?:{MONTH}) \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}))(?!\d)"
    r"|(?P<number>(?:(?<![\w)%.])[-+])?\$?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?)"
    r"|(?P<word>[^\W\d_]+(?:'(?!s\b)[a-z]+)?)|(?P<own>'s\b)|(?P<line>\n)|(?P<mark>\S)"
)


class Token(NamedTuple):
    """A word, number, date, ticker or mark; lower-case, tickers as written."""

    word: str
    kind: str
    start: int
    end: int


@lru_cache(maxsize=1024)
def pattern_of(names: str) -> re.Pattern[str]:
    """The one expression that finds all tokens, tickers of these names first."""
    return re.compile(rf"(?P<ticker>(?<![\w.])(?:{names})(?!\w|-\w))|{TOKEN}")


def tokens_of(plain: str, pattern: re.Pattern[str]) -> list[Token]:
    """The tokens of a text; hyphens inside of compounds are dropped."""
    tokens: list[Token] = []
    for match in pattern.finditer(plain):
        kind = match.lastgroup or ""
        word = match.group()
        if kind == "ticker" and word in ("A", "I") and plain[match.end() : match.end() + 2].strip().islower():
            kind = "word"
        tokens.append(Token(word if kind == "ticker" else word.lower(), kind, *match.span()))
    return [t for i, t in enumerate(tokens) if t.word != "-" or not _joins(tokens, i)]


def _joins(tokens: list[Token], i: int) -> bool:
    """Whether a token is the hyphen inside a compound such as 20-day."""
    if not 0 < i < len(tokens) - 1:
        return False
    before, after = tokens[i - 1], tokens[i + 1]
    if before.end != tokens[i].start or after.start != tokens[i].end:
        return False
    return after.kind == "word" and before.kind in ("word", "number")


def iso_of(written: str) -> str:
    """A written date as 2015-12-31."""
    year = re.search(r"\d{4}$", written)
    day = re.search(r"\d{1,2}", written)
    month = next((n for n, m in enumerate(MONTHS, start=1) if m[:3] in written), 0)
    return f"{year.group() if year else ''}-{month:02d}-{int(day.group()) if day else 0:02d}"
