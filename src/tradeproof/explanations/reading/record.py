"""What the account and the market did so far in a trend."""

from tradeproof.explanations.reading.notes import Notes
from tradeproof.explanations.reading.numerals import Numeral
from tradeproof.explanations.reading.units import unit_at


def read_record(notes: Notes) -> None:
    """What the account and the market did so far in a trend: over 534 days in an uptrend, the account returned 4 %."""
    s = notes.sentence
    if not s.has("over"):
        return
    trends = [i for i, x in enumerate(s.items) if x.kind == "state" and x.says[0] == "trend"]
    spans = [i for i, x in enumerate(s.items) if x.kind == "over" and x.windows and s.kind(i + 1) == "word"]
    if not trends or not spans or not {"account", "market"} & set(s.words):
        return
    if s.skip(spans[0] + 1, 1, ("word",)) not in trends:
        return
    trend = s.items[s.skip(spans[0] + 1, 1, ("word",))].says[1]
    s.used.update((*trends, spans[0]))
    s.used.update(i for i in range(spans[0]) if s.kind(i) == "direction" and s.words[i + 1] == "markets")
    bars = Numeral(float(s.items[spans[0]].windows[0]), 1.0)
    notes.add("value", spans[0], spans[0], key=f"record_bars_{trend}", number=bars, unit="days")
    for i, item in enumerate(s.items):
        if item.kind == "number" and i > spans[0] and i not in s.used:
            party = next((s.words[at] for at in range(i, -1, -1) if s.words[at] in ("account", "market")), "?")
            key = {"account": f"record_return_{trend}", "market": f"record_market_{trend}"}.get(party)
            s.used.add(i)
            near = [x for x in s.items[max(0, i - 2) : i] if x.kind == "direction"]
            s.used.update(at for at in (i - 1, i - 2) if s.kind(at) == "direction")
            sign = near[0].says if near else 0
            notes.add("value", i, i, key=key, number=item.says, unit=unit_at(s, i)[0], sign=sign)
