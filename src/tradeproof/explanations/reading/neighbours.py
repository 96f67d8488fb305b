"""Items that are settled by their neighbours: units that look like quantities, windows that share one name."""

from tradeproof.explanations.reading.bounds import bounded
from tradeproof.explanations.reading.items import Item

ATR = r"atr_percent_(\d+)"


def _is_than(items: list[Item], i: int) -> bool:
    return i + 1 < len(items) and items[i + 1].says == "than"


def told_apart(items: list[Item], text: str) -> list[Item]:
    """Settle what a word is by its neighbours: ATR after a number is a unit, "and below 70" a comparison."""
    found = []
    for i, item in enumerate(items):
        if item.kind == "compare":
            item = bounded(items, i, text)
        if item.kind not in ("quantity", "moment", "beyond"):
            found.append(item)
            continue
        follower = items[i + 1].kind if i + 1 < len(items) else ""
        if (
            item.says == ATR
            and not item.windows
            and i
            and items[i - 1].kind == "number"
            and text[items[i - 1].end] == " "
        ):
            item = item._replace(kind="unit", says="atr")
        elif (
            item.kind == "moment"
            and item.says is None
            and item.windows
            and i
            and items[i - 1].kind in ("is", "word", "compare")
        ):
            before = text[items[i - 1].start : items[i - 1].end].lower()
            item = item._replace(kind="over") if before.endswith(("with", "than", "since", "from")) else item
        elif item.kind == "beyond" and (follower in ("number", "quantity") or _is_than(items, i)):
            item = item._replace(kind="compare")
        found.append(item)
    return found


def windows_spread(items: list[Item], text: str) -> list[Item]:
    """Make quantities of the numbers in such as "the 5-, 20- and 60-day returns"."""
    result: list[Item] = []
    wanted: Item | None = None  # the quantity whose family the numbers before it share
    joined = False
    for i in range(len(items) - 1, -1, -1):
        item = items[i]
        if wanted is not None and joined and item.kind == "number" and _is_window(item, text):
            while (result and result[-1].kind in ("unit",)) or (result and result[-1].says == "-"):
                result.pop()
            item = wanted._replace(start=item.start, end=item.end, windows=(int(item.says.value),))
            joined = False
        elif item.kind == "quantity":
            wanted, joined = (item, False) if item.windows else (None, False)
        elif item.kind == "and" or (item.kind == "mark" and item.says in ",/-"):
            joined = True
        elif item.kind not in ("unit", "to", "word"):
            wanted = None
        result.append(item)
    return result[::-1]


def _is_window(item: Item, text: str) -> bool:
    """Whether a number is the window of a name that follows later: a whole one with a hyphen."""
    number = item.says
    whole = not number.is_signed and number.value == int(number.value) and 0 < number.value < 1000
    return whole and text[item.end : item.end + 1] in ("-", "\u2010", "\u2011")
