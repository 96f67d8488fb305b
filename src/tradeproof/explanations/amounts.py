# ruff: noqa: ARG001 -- readers share one signature
"""Numbers in a sentence: what each is about, by the words around it."""

from dataclasses import replace

from tradeproof.explanations.items import Item
from tradeproof.explanations.notes import Notes
from tradeproof.explanations.numerals import Numeral
from tradeproof.explanations.quantities import quantity
from tradeproof.explanations.sentence import LIGHT, Sentence

RETURN_LIKE = (
    "return_",
    "overnight_gap",
    "unrealised_return",
    "record_",
    "universe_return_",
    "average_distance_",
    "high_distance_",
    "low_distance_",
    "bollinger_position",
    "macd",
    "surprise",
    "drawdown",
)
"""Keys whose value a word such as fell or below gives the sign of, instead of a change."""

FALLS = ("loss", "fall", "decline", "drop", "decrease", "slide")
RISES = ("gain", "rise", "increase", "advance", "profit")
"""Words that give the sign of the quantity they name."""

PRESENT = ("is", "now", "stands", "reads", "was", "sits")
LINKS = ("for", "of", "in", "on", "as")
NEVER_REASONS = ("close", "open", "high", "low", "volume", "entry_price", "stop_price", "take_profit_price", "target")
"""Keys that no policy observes."""
REASONS_OF_STATES = {
    "rsi": "rsi_", "volatility": "volatility_regime_", "bollinger": "bollinger_position_", "macd": "macd_histogram_",
    "volume": "volume_ratio_",
}  # fmt: skip
"""The reading that decides a state, by the beginning of its key."""
DISTANCES = {"average_": "average_distance_", "high_": "high_distance_", "low_": "low_distance_"}


def read_numbers(notes: Notes) -> None:
    """Note a claim for every number that none was made of yet."""
    _pairs(notes)
    s = notes.sentence
    for i, item in enumerate(s.items):
        if item.kind == "number" and i not in s.used:
            s.used.add(i)
            _read(notes, i)
        elif item.kind == "not" and s.words[i] in ("no", "none") and notes.facts.universe:
            _none(notes, i)


def _none(notes: Notes, i: int) -> None:
    """No tickers are this or that."""
    s = notes.sentence
    at = s.skip(i + 1, 1, ("tickers", "word", "is"))
    key = universe_key(s.items[at], s.keys.get(at)) if at < len(s.items) else None
    if key is not None and (s.kind(at) == "quantity" or "tickers" in (s.kind(i + 1), s.kind(at + 1))):
        s.used.add(at)
        s.valued.add(at)
        notes.add("value", i, at, key=key, number=Numeral(0.0, 1.0), unit="count")


def _read(notes: Notes, i: int) -> None:
    s = notes.sentence
    unit, after = unit_at(s, i)
    if s.kind(s.skip(after, 1, ("word", "sign", "compare"))) == "count" and unit is None and s.items[i].says.step == 1:
        return
    for reader in (_universe, _odds, _relation, _gap, _threshold, _weight):
        if reader(notes, i, unit, after):
            return
    _assertion(notes, i, unit, after)


def unit_at(s: Sentence, i: int) -> tuple[str | None, int]:
    """The written unit of the number at a place, and the place after it."""
    if s.words[i].startswith("$") or s.words[i][1:2] == "$":
        return "price", i + 1
    if s.kind(i + 1) == "unit":
        return str(s.items[i + 1].says), i + 2
    if s.is_mark(i + 1, "*"):
        return "times", i + 2
    return None, i + 1


def rough(s: Sentence, i: int) -> Numeral:
    """The number at a place, rough where the text says about."""
    number: Numeral = s.items[i].says
    before = i - 1
    while before >= 0 and s.kind(before) in ("word", "is"):
        before -= 1
    is_rough = s.kind(before) == "rough" or s.is_mark(before, "~") or s.kind(i - 1) == "rough"
    return replace(number, is_rough=True) if is_rough else number


def _pairs(notes: Notes) -> None:
    """Pair "X and Y are A and B": as many numbers as quantities, in order."""
    s = notes.sentence
    run: list[int] = []
    i = 0
    while i < len(s.items):
        kind = s.kind(i)
        if kind == "quantity":
            run = [*run, i] if run and _listed(s, run[-1], i) else [i]
        elif kind == "number" and len(run) > 1:
            i = _pair(notes, run, i)
            run = []
        elif kind == "number" or not _continues(s, run, i):
            run = []
        i += 1


def _continues(s: Sentence, run: list[int], i: int) -> bool:
    """Whether a place can stand within a list of quantities and before their numbers."""
    small = s.kind(i) in ("and", "it", "own", "respectively", "rough", "is", "by") or s.items[i].says == 0
    return (small and s.kind(i) != "not") or s.is_mark(i, ",:(") or _outnumbers(s, run, i)


def _listed(s: Sentence, left: int, right: int) -> bool:
    """Whether two quantities are parts of one list: X, Y and Z."""
    return any(s.kind(at) == "and" or s.is_mark(at, ",") or _outnumbers(s, [left], at) for at in range(left + 1, right))


def _outnumbers(s: Sentence, run: list[int], i: int) -> bool:
    return s.kind(i) == "compare" and bool(run) and (s.keys[run[-1]] or "").startswith("universe_")


def _pair(notes: Notes, run: list[int], first: int) -> int:
    s = notes.sentence
    numbers = []
    i = first
    while i < len(s.items) and (
        s.kind(i) in ("number", "unit", "and", "to", "respectively", "rough")
        or s.words[i] in ("against", "versus", "at", ",")
    ):
        if s.kind(i) == "number":
            numbers.append(i)
        i += 1
    follows = (s.kind(i) == "quantity" and s.kind(i - 1) != "and") or s.kind(i) in ("compare", "direction")
    if len(numbers) != len(run) or follows:
        return first
    shared = unit_at(s, numbers[-1])[0]
    for place, number in zip(run, numbers, strict=True):
        s.used.add(number)
        s.valued.add(place)
        unit, after = unit_at(s, number)
        _value(notes, number, after, s.keys[place], unit or shared, 0)
    return numbers[-1]


def _universe(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """So many tickers are this or that."""
    s = notes.sentence
    if unit is not None or not notes.facts.universe or s.items[i].says.step != 1:
        return False
    before = s.skip(i - 1, -1, ("word", "it"))
    if s.kind(before) == "action" and s.words[before] != "held":
        s.used.add(before)
        notes.add("value", before, i, key=f"universe_{s.items[before].says}", number=rough(s, i), unit="count")
        return True
    at = s.skip(after, 1, ("word", "it", "is", "stock"))
    if s.kind(at) == "tickers":
        return _counted(notes, i, s.skip(at + 1, 1, (*LIGHT, "not", "and")))
    near = s.kind(at) in ("direction", "state", "action") or (
        s.kind(at) == "quantity" and (s.keys[at] or "").startswith("universe_")
    )
    if near and not s.is_mark(after, "(") and s.kind(i - 1) != "to":
        return _counted(notes, i, at)
    return False


def _counted(notes: Notes, i: int, at: int) -> bool:
    s = notes.sentence
    key = None
    if at < len(s.items):
        key = universe_key(s.items[at], s.keys.get(at))
    if key is None:
        key = "universe_size"
    else:
        s.used.add(at)
        s.valued.add(at)
    notes.add(
        "value",
        i,
        max(i, min(at, len(s.items) - 1)) if key != "universe_size" else i,
        key=key,
        number=rough(s, i),
        unit="count",
    )
    return True


def universe_key(item: Item, key: str | None) -> str | None:
    """What is counted when so many tickers are what the item says."""
    if item.kind == "quantity":
        return key if key is not None and key.startswith("universe_") else None
    if item.kind == "direction":
        return "universe_rising" if item.says > 0 else "universe_falling"
    if item.kind == "action":
        return f"universe_{item.says}"
    counted = {
        ("rsi", "overbought"): "universe_overbought",
        ("rsi", "oversold"): "universe_oversold",
        ("trend", "up"): "universe_trend_up",
        ("trend", "down"): "universe_trend_down",
        ("day", "up"): "universe_rising",
        ("day", "down"): "universe_falling",
    }
    return counted.get(item.says) if item.kind == "state" else None


def _odds(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """Probabilities: with 61 %, buy (61 %), 61 % for buy."""
    s = notes.sentence
    if unit != "percent" or not s.has("probability", "probabilities", "odds", "action"):
        return False
    at = s.skip(after, 1, ("word", "is", "own", "to"))
    if s.is_mark(at, "("):
        at += 1
    before = s.skip(i - 1, -1, ("word", "is", "rough"))
    if s.is_mark(before, "(:"):
        before = s.skip(before - 1, -1, ("word", "is"))
    spoken = s.has("probability", "probabilities", "odds")
    place = _labelled(s, before, at, spoken)
    if place is None and s.kind(before) == "probability":
        given = s.skip(before - 1, -1, ("word",))
        place = given if s.kind(given) == "action" else None
    if place is not None:
        s.used.add(place)
        notes.add(
            "value",
            min(i, place),
            max(i, place),
            key=f"probability_{s.items[place].says}",
            number=rough(s, i),
            unit=unit,
        )
        return True
    if s.kind(before) in ("probability", "odds") or s.kind(at) in ("probability", "odds"):
        notes.add("value", i, i, key=f"probability_{_chosen(notes, i)}", number=rough(s, i), unit=unit)
        return True
    return False


def _labelled(s: Sentence, before: int, at: int, spoken: bool) -> int | None:
    """The action that a percentage belongs to."""
    if s.kind(before) == "action" and (
        s.words[before] in ("buy", "hold", "sell", "buying", "holding", "selling") or not spoken
    ):
        return before
    if s.kind(at) == "action":
        return at
    if s.kind(before) == "action":
        return None if s.kind(at) == "probability" else before
    return None


def _chosen(notes: Notes, i: int) -> str:
    s = notes.sentence
    for at in [*range(i - 1, -1, -1), *range(i + 1, len(s.items))]:
        if s.kind(at) == "action":
            return str(s.items[at].says)
    snapshot = notes.facts.of(s.tickers[i], s.dates[i])
    return "" if snapshot is None else snapshot.action


def _relation(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """So much above or below something: 2.3 % below its 50-day average, 8.8 points below 70."""
    s = notes.sentence
    at = s.skip(after, 1, ("word",))
    sign = _relation_sign(s, at)
    if sign == 0 and _touching(s, i) is not None:
        return False
    if sign is None or unit == "days" or (unit is None and s.kind(at) == "compare" and s.kind(i - 1) == "compare"):
        return False
    target = s.skip(at + 1, 1, (*LIGHT, "level", "state"))
    left = subject_before(s, i)
    key = s.keys[left] if left is not None else subject_of_words(notes, i)
    number = rough(s, i)
    if s.kind(target) == "quantity":
        s.levels.add(target)
        s.used.add(at)
        if s.keys[target] is None:
            notes.unknown(i, target, "the facts tell no such quantity")
            return True
        _distance(notes, i, target, key, s.keys[target] or "", number, unit, sign)
        return True
    level = target if s.kind(target) == "number" else None
    value = s.items[level].says.value if level is not None else _named_level(s, at + 1)
    if value is None:
        if s.kind(target) == "baseline":
            s.used.update((at, target))
            notes.add("difference", i, target, key=base_of(notes, i), level=1.0, number=number, unit=unit, sign=sign)
            return True
        return False
    s.used.add(at)
    if level is not None:
        s.used.add(level)
    last = level if level is not None else at
    notes.add("difference", i, last, key=key, level=value, number=number, unit=unit, sign=sign)
    return True


def _named_level(s: Sentence, at: int) -> float | None:
    """The overbought level is 70, the oversold one 30, zero is zero."""
    for place in range(at, min(at + 4, len(s.items))):
        if s.kind(place) == "state" and s.items[place].says in (("rsi", "overbought"), ("rsi", "oversold")):
            s.used.add(place)
            return 70.0 if s.items[place].says[1] == "overbought" else 30.0
    return None


def _relation_sign(s: Sentence, at: int) -> int | None:
    if s.kind(at) in ("compare", "direction"):
        if s.kind(at) == "direction" and s.words[at] not in ("off", "down", "up") and s.kind(at + 1) != "from":
            return None
        if s.kind(at) == "direction" and s.kind(at + 1) != "from":
            return None
        return 1 if s.items[at].says > 0 else -1
    return 0 if s.kind(at) == "from" and s.kind(s.skip(at + 1, 1)) == "quantity" else None


def _distance(
    notes: Notes, i: int, target: int, key: str | None, level: str, number: Numeral, unit: str | None, sign: int
) -> None:
    """A share above or below an average, a high, a low; or the difference of two quantities."""
    if key is None or (quantity(level).unit == "price" and quantity(key).unit != "price"):
        key = base_key(key, level)
    for prefix, distance in DISTANCES.items():
        own = distance + level.removeprefix(prefix)
        if (
            unit == "percent"
            and key == "close"
            and level.startswith(prefix)
            and "distance" not in level
            and _holds(notes, i, own)
        ):
            notes.add("value", i, target, key=own, number=number, unit=unit, sign=sign)
            return
    notes.add("difference", i, target, key=key, other=level, number=number, unit=unit, sign=sign)


def base_key(key: str | None, level: str) -> str | None:
    """What a level is a level of: the close, where it is a price."""
    return "close" if quantity(level).unit == "price" else key


def base_of(notes: Notes, i: int) -> str | None:
    """The ratio of what was last named, volume or volatility, to its usual level; None where neither was."""
    s = notes.sentence
    for at in [*range(i, -1, -1), *range(i + 1, len(s.items))]:
        word = s.words[at]
        if "volum" in word or "shares" in word or "trading" in word:
            return _focus_key(notes, "volume_ratio_")
        if "volatil" in word or word in ("turbulent", "calm"):
            return _focus_key(notes, "volatility_regime_")
    return _focus_key(notes, "volume_ratio_") if notes.last_key == "volume" else None


def _focus_key(notes: Notes, prefix: str) -> str | None:
    return next((name for name in notes.facts.focus.readings if name.startswith(prefix)), None)


def _holds(notes: Notes, i: int, key: str) -> bool:
    snapshot = notes.facts.of(notes.sentence.tickers[i], notes.sentence.dates[i])
    return snapshot is not None and key in snapshot.readings


def _gap(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """A gap of so much between two quantities; X exceeds Y by so much."""
    s = notes.sentence
    between = next((at for at in range(i, len(s.items)) if s.kind(at) == "between"), None)
    if s.kind(s.skip(i - 1, -1, ("word", "rough"))) == "by" and s.has("compare"):
        return _exceeds(notes, i, unit)
    if between is None:
        between = next((at for at in range(i, -1, -1) if s.kind(at) == "between"), None)
    if between is None:
        return False
    pair = [at for at in s.keys if at > between][:2]
    if len(pair) < 2:
        return False
    s.levels.update(pair)
    notes.add(
        "difference",
        min(i, between),
        max(i, pair[-1]),
        key=s.keys[pair[0]],
        other=s.keys[pair[1]],
        number=rough(s, i),
        unit=unit,
    )
    return True


def _exceeds(notes: Notes, i: int, unit: str | None) -> bool:
    s = notes.sentence
    at = next((at for at in range(i - 1, -1, -1) if s.kind(at) == "compare"), None)
    if at is None:
        return False
    target = s.skip(at + 1, 1, (*LIGHT, "level"))
    if s.kind(target) != "quantity" or s.keys[target] is None:
        return False
    left = subject_before(s, at)
    s.used.add(at)
    s.levels.add(target)
    key = s.keys[left] if left is not None else "close"
    _distance(notes, i, target, key, s.keys[target] or "", rough(s, i), unit, 1 if s.items[at].says > 0 else -1)
    return True


def _threshold(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """A level that something is above, below or near: RSI below 70."""
    s = notes.sentence
    at = i - 1
    while s.kind(at) in ("word", "level", "it", "rough", "is", "state", "stock", "unit"):
        at -= 1
    if s.kind(at) not in ("compare", "near"):
        return _named_threshold(notes, i)
    left = subject_before(s, at)
    key = s.keys[left] if left is not None else (subject_of_words(notes, i) or notes.last_key)
    s.used.add(at)
    sign = s.items[at].says
    for place in range(at + 1, i):
        s.used.add(place)
    if notes.is_other_world and not _is_present(s, at):
        beyond = _beyond_after(s, after)
        notes.add("counterfactual", at, i, key=key, number=s.items[i].says, unit=unit, sign=beyond or sign)
        return True
    notes.add("comparison", at, i, key=key, level=s.items[i].says.value, unit=unit, sign=sign, negated=s.is_negated(at))
    return True


def _named_threshold(notes: Notes, i: int) -> bool:
    """The overbought level of 70: true where the number is that of the field."""
    s = notes.sentence
    near = range(max(0, i - 4), min(i + 3, len(s.items)))
    level = any(s.kind(at) == "level" for at in near)
    state = next((at for at in near if s.kind(at) == "state" and s.items[at].says[0] == "rsi"), None)
    if not level or state is None:
        return False
    s.used.add(state)
    truth = 70.0 if s.items[state].says[1] == "overbought" else 30.0
    notes.add("formula", i, i, level=truth, number=s.items[i].says)
    return True


def _weight(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """An attribution: log-odds that a quantity added."""
    s = notes.sentence
    if not s.has("log_odds") or unit is not None:
        return False
    later = s.skip(after, 1, ("word", "to", "is", "it"))
    earlier = s.skip(i - 1, -1, ("word", "is", "rough", "by", "direction", "sign"))
    near, before = s.kind(later) == "log_odds", s.kind(earlier) == "log_odds"
    listed = s.items[i].says.is_signed and s.is_mark(i - 1, "(,")
    if not (near or before or listed):
        return False
    left = _driver_before(notes, i)
    key = reason_at(notes, left) if left is not None else (notes.last_reason or notes.last_key)
    sign = next((s.items[at].says for at in range(max(0, i - 3), i) if s.kind(at) in ("direction", "sign")), 0)
    s.used.update(at for at in range(max(0, i - 3), i) if s.kind(at) == "direction")
    notes.add("attribution", i, i, key=key, number=rough(s, i), sign=sign)
    return True


def reason_at(notes: Notes, at: int) -> str | None:
    """What quantity a place names as a reason; empty where it names none that the facts tell."""
    s = notes.sentence
    if at in s.meant:
        return s.meant[at]
    if s.kind(at) == "state":
        return _reason_of_state(notes, at)
    if s.kind(at) != "quantity":
        return None
    key = s.keys[at]
    if s.kind(at + 1) == "state" and s.items[at + 1].says[0] == "macd":
        return None  # a MACD below its signal line: the state names the histogram
    if key is None:
        return None if at in s.levels or s.items[at].says in NEVER_REASONS else "?"
    for prefix in DISTANCES:
        if key.startswith(prefix) and "distance" not in key:
            return f"{DISTANCES[prefix]}{key.removeprefix(prefix)}" if at in s.levels else None
    silent = key in NEVER_REASONS or key.startswith(("probability_", "record_", "universe_"))
    return None if silent or at in s.levels else key


def _reason_of_state(notes: Notes, at: int) -> str | None:
    name = notes.sentence.items[at].says[0]
    if name == "position":
        told = any(driver.key == "position" for s in notes.facts.snapshots for driver in s.drivers)
        return "position" if told and "position" in notes.sentence.words[at] else None
    return _focus_key(notes, REASONS_OF_STATES[name]) if name in REASONS_OF_STATES else None


def _driver_before(notes: Notes, i: int) -> int | None:
    s = notes.sentence
    places = [at for at in range(i) if reason_at(notes, at)]
    if places:
        return places[-1]
    return next((at for at in range(i, len(s.items)) if reason_at(notes, at)), None)


def subject_before(s: Sentence, i: int) -> int | None:
    """The nearest quantity before a place that is spoken of, not compared with."""
    for at in range(i - 1, -1, -1):
        if s.kind(at) == "quantity" and at not in s.levels:
            return _head(s, at)
    return None


def _head(s: Sentence, at: int) -> int:
    """In "the stop distance for the new position" the distance is spoken of, not the position."""
    before = at - 1
    linked = False
    while before >= 0 and (s.kind(before) in ("word", "it") or s.words[before] == "of"):
        linked = linked or s.words[before] in LINKS
        before -= 1
    return before if linked and s.kind(before) == "quantity" and before not in s.levels else at


def _subject_after(s: Sentence, i: int, after: int) -> int | None:
    """The quantity that a number is said of: 61.2 for the RSI, a 2.3 % drawdown."""
    at = after
    linked = False
    if s.kind(at) == "instead" and s.kind(at + 1) == "number":
        at = unit_at(s, at + 1)[1]
    while s.kind(at) in ("word", "it", "own") or (s.words[at : at + 1] == ["of"]):
        linked = linked or s.words[at] in LINKS
        at += 1
    if s.kind(at) != "quantity" or (at in s.valued and not linked):
        return None
    follower = s.skip(at + 1, 1, ("is", "word", "rough", "direction", "to"))
    if s.is_mark(follower, "(:"):
        follower += 1
    if s.kind(follower) == "number" and follower != at + 1 + 0 and not s.is_mark(at + 1, ","):
        return at if linked else None
    return at


def subject_of_words(notes: Notes, i: int) -> str | None:
    """The close, where the sentence speaks of the stock itself; else what a pronoun stands for."""
    s = notes.sentence
    for at in range(i - 1, -1, -1):
        if s.kind(at) in ("stock", "ticker"):
            return "close"
        if s.kind(at) == "it":
            return notes.last_key or "close"
    return None


def direction_near(s: Sentence, i: int, after: int) -> tuple[int | None, int]:
    """The place of a word of direction next to a number, and its sign."""
    before = s.skip(i - 1, -1, ("word", "by", "rough", "is", "own"))
    if s.kind(before) in ("direction", "sign") and s.kind(i - 1) != "to":
        return before, s.items[before].says
    later = s.skip(after, 1, ("word",))
    if s.kind(later) == "direction" and not s.is_mark(after, ","):
        return later, s.items[later].says
    return None, 0


def _assertion(notes: Notes, i: int, unit: str | None, after: int) -> None:  # noqa: C901
    """A plain number: the value of a quantity, or its change."""
    s = notes.sentence
    if unit == "percent" and _of_state(notes, i, after):
        return
    left, right = subject_before(s, i), _subject_after(s, i, after)
    touching = _touching(s, i)
    if _is_multiple(notes, i, unit, after):
        return
    if touching is not None:
        left, right = touching, None
    elif s.is_mark(after, "(") and _equals(notes, i, after) and (left is None or not _touches(s, left, i)):
        return
    if unit == "days" and (
        left is None or not (s.keys[left] or "").startswith(("bars_held", "record_bars", "days_since"))
    ):
        key = notes.last_key if left is None and (notes.last_key or "").startswith("days_since") else "bars_held"
        if right is None:
            _value(notes, i, after, key or "", unit, 0)
            return
        left = right
    if right is not None and (left is None or left in s.valued or not _touches(s, left, i)):
        left = right
    place, sign = direction_near(s, i, after)
    if place is not None and place < i and unit == "percent" and s.kind(after) == "over":
        left = None
    if left is None:
        _unnamed(notes, i, unit, after, place, sign)
        return
    s.valued.add(left)
    key = s.keys[left]
    if place is not None:
        s.used.add(place)
        if key is not None and _is_change(key, unit, s, place, left):
            _moved(notes, i, place, key, unit, sign)
            return
    _value(notes, i, after, key, unit, sign, left)


def _of_state(notes: Notes, i: int, after: int) -> bool:
    """A number right after a state: low volatility of 9.8 %, a long position of 30 %."""
    s = notes.sentence
    at = s.skip(i - 1, -1, ("is", "word", "rough"))
    if s.kind(at) == "state" and "volatility" in s.words[at]:
        _value(notes, i, after, "volatility_level", "percent", 0)
    elif s.kind(at) in ("state", "order") and "position" in s.words[at]:
        _value(notes, i, after, "position", "percent", -1 if "short" in s.words[at] else 1)
    else:
        return False
    return True


def _is_multiple(notes: Notes, i: int, unit: str | None, after: int) -> bool:
    """So many times an average: volume or volatility against its usual level."""
    s = notes.sentence
    target = s.skip(after, 1, ("it", "word", "is"))
    is_average = s.kind(target) == "quantity" and s.items[target].says.startswith("average_(")
    if unit != "times" or not (is_average or s.kind(target) == "baseline"):
        return False
    s.levels.add(target)
    s.used.add(target)
    key = base_of(notes, i)
    left = subject_before(s, i)
    s.meant[target] = None
    if left is not None and s.items[left].says in ("volume", "volatility_level"):
        s.meant[left] = key
    _value(notes, i, after, key, unit, 0)
    return True


def _touching(s: Sentence, i: int) -> int | None:
    """A quantity right before a number: its average of 12, its average (12)."""
    at = s.skip(i - 1, -1, ("word", "is", "rough", "own"))
    if s.is_mark(at, "(=:,") and (at == i - 1 or s.kind(at + 1) == "is" or s.kind(at + 1) == "rough"):
        at = s.skip(at - 1, -1, ("is",))
    return _head(s, at) if s.kind(at) == "quantity" and not s.is_mark(i - 1, ",") else None


def _touches(s: Sentence, left: int, i: int) -> bool:
    """Whether only small words stand between a quantity and its number."""
    return all(
        s.kind(at) in (*LIGHT, "direction", "sign", "to", "by", "rough", "exactly", "near") or s.is_mark(at, "(:=")
        for at in range(left + 1, i)
    )


def _is_change(key: str, unit: str | None, s: Sentence, place: int, left: int) -> bool:
    if key.startswith(RETURN_LIKE):
        return False
    return s.kind(place) == "direction"


def _moved(notes: Notes, i: int, place: int, key: str, unit: str | None, sign: int) -> None:
    """A quantity rose or fell by a number."""
    s = notes.sentence
    if key == "position":
        notes.add("value", i, i, key="unrealised_return", number=rough(s, i), unit=unit, sign=sign)
    elif notes.is_other_world:
        notes.add("other_change", i, i, key=key, number=rough(s, i), unit=unit, sign=sign)
    elif key == "close" and unit == "percent" and s.reference is None:
        notes.add("value", i, i, key=_return_key(notes, i), number=rough(s, i), unit=unit, sign=sign)
    else:
        notes.add("change", i, i, key=key, number=rough(s, i), unit=unit, sign=sign)


def _return_key(notes: Notes, i: int) -> str:
    """The return that a move is one of, by the window that the clause names."""
    return f"return_{window_near(notes.sentence, i)}"


def window_near(s: Sentence, i: int) -> int:
    """The window in the clause of a place; one day where it names none."""
    clause = s.clause(i)
    windows = [at for at in clause if s.kind(at) in ("over", "on_day", "today")]
    follower = s.skip(i + 1, 1, ("unit", "word", "direction", "by", "number", "rough"))
    if follower in windows:
        windows = [follower]
    elif any(at < i for at in windows):
        windows = [at for at in windows if at < i]
    if not windows:
        windows = [at for at in s.part(i) if s.kind(at) in ("over", "on_day") and at < i][-1:]
    if not windows:
        return 1
    nearest = min(windows, key=lambda at: (abs(at - i), at))
    return s.items[nearest].windows[0] if s.items[nearest].windows else 1


def _unnamed(notes: Notes, i: int, unit: str | None, after: int, place: int | None, sign: int) -> None:
    """A number without a quantity in its sentence."""
    s = notes.sentence
    if place is None and unit == "percent" and s.kind(after) in ("over", "on_day", "today"):
        place = next((at for at in range(i - 1, -1, -1) if s.kind(at) == "direction"), None)
        sign = 0 if place is None else s.items[place].says
    if place is not None and unit == "percent" and not notes.is_other_world:
        s.used.add(place)
        s.meant[place] = _return_key(notes, i)
        notes.add("value", i, i, key=s.meant[place], number=rough(s, i), unit=unit, sign=sign)
        return
    if place is not None and notes.last_key is not None:
        s.used.add(place)
        _moved(notes, i, place, notes.last_key, unit, sign)
        return
    returned = unit == "percent" and any(s.kind(at) == "returns" for at in s.part(i))
    if returned and any(s.kind(at) in ("over", "on_day") for at in s.part(i)):
        _value(notes, i, after, _return_key(notes, i), unit, sign)
        return
    key = "volume" if unit == "shares" else None
    if key is None and (notes.is_other_world or any(s.kind(at) == "it" for at in range(i))):
        key = notes.last_key
    if key is None:
        later = next((at for at in s.keys if at > i and at not in s.valued), None)
        key = s.keys[later] if later is not None and s.is_mark(after, ",") else None
        if key is not None and later is not None:
            s.valued.add(later)
    if key is None:
        notes.unknown(i, i, "the number is of nothing that the facts name")
        return
    _value(notes, i, after, key, unit, 0)


def _equals(notes: Notes, i: int, after: int) -> bool:
    """Whether the number is what the formula right after it comes to."""
    number: Numeral = notes.sentence.items[i].says
    value = next((value for first, value in notes.formulas if first == after), None)
    return value is not None and (number.matches(value) or number.matches(100.0 * value) or number.matches(abs(value)))


def _value(
    notes: Notes, i: int, after: int, key: str | None, unit: str | None, sign: int, left: int | None = None
) -> None:
    s = notes.sentence
    if key is None:
        notes.unknown(i, i, "the facts tell no quantity of this name, or several")
        return
    if key == "volume" and unit == "times":
        key = next((name for name in notes.facts.focus.readings if name.startswith("volume_ratio_")), key)
    if key == "volatility_level" and unit == "times":
        key = next((name for name in notes.facts.focus.readings if name.startswith("volatility_regime_")), key)
    target = s.skip(after, 1, ("word", "is"))
    if unit == "times" and s.kind(target) in ("baseline", "quantity", "it"):
        target = s.skip(target, 1, ("it", "word"))
        s.levels.add(target)
        s.used.add(target)
    start = i if left is None else min(i, left)
    if left is not None and not sign:
        sign = sign_of_name(s, left)
    if notes.is_other_world and not _is_present(s, i):
        notes.add("counterfactual", start, i, key=key, number=rough(s, i), unit=unit, sign=_beyond_after(s, after))
        return
    at = s.items[i]
    notes.add(
        "value",
        min(start, i),
        max(i, left or i),
        key=key,
        number=rough(s, i),
        unit=unit,
        sign=sign,
        negated=s.is_negated(i),
        ticker=s.tickers[i],
        date=s.dates[i],
    )
    del at


def sign_of_name(s: Sentence, at: int) -> int:
    """A loss is negative, a gain positive, a downward gap negative."""
    names = s.words[at].replace("-", " ").split()
    before = s.skip(at - 1, -1, ("word",))
    if s.kind(before) in ("direction", "sign") and before not in s.used and before >= at - 2:
        s.used.add(before)
        return int(s.items[before].says)
    if any(word in FALLS for word in names):
        return -1
    return 1 if any(word in RISES for word in names) else 0


def _is_present(s: Sentence, i: int) -> bool:
    """Whether a number in a sentence of what would have been is one of what is."""
    before = s.skip(i - 1, -1, ("word", "rough"))
    if s.kind(before) in ("instead", "today") or {"now", "currently", "today", "actual"} & set(s.words[i + 1 : i + 3]):
        return True
    at = i - 1
    while s.kind(at) in ("word", "rough", "is") and at >= 0:
        if s.words[at] in PRESENT:
            return "if" not in s.words[:at]
        at -= 1
    return s.kind(at) == "today"


def _beyond_after(s: Sentence, after: int) -> int:
    at = s.skip(after, 1, ("word", "unit"))
    if s.is_mark(at, ","):
        at = s.skip(at + 1, 1, ("word",))
    if s.kind(at) == "beyond":
        s.used.add(at)
        return int(s.items[at].says)
    return 0
