# ruff: noqa: E501, RUF001, RUF028 -- rows of words
"""Planted lies: each makes one edit to a true text after which it says something false, or nothing the facts know."""

import re
from datetime import date, timedelta

NUMBER = re.compile(r"(?<![\w.,(/-])[-−+]?\d{1,3}(?:,\d{3})*\.\d+(?![\w.]|\))")
ACTIONS = {
    "buy": ("buy", "buys", "bought", "buying"),
    "sell": ("sell", "sells", "sold", "selling"),
    "hold": ("hold", "holds", "held", "holding"),
}


def _values(facts):
    found = [abs(v) for s in facts.snapshots for v in s.readings.values()]
    found += [abs(d.attribution) for s in facts.snapshots for d in s.drivers]
    found += [abs(s.counterfactual.value) for s in facts.snapshots if s.counterfactual]
    return [*found, *(abs(v) for v in facts.universe.values())]


def _is_told(value, step, facts):
    """Whether any fact rounds to the value: then the new number might be true of something."""
    return any(abs(abs(value) - told) <= step for told in _values(facts))


def _pick(found, generator):
    return None if not found else found[int(generator.integers(len(found)))]


def _replace(text, match, new):
    return text[: match.start()] + new + text[match.end() :]


def _number_at(match):
    written = match.group().replace("−", "-").replace(",", "")
    return float(written), len(written.partition(".")[2])


def _sane(text, facts):
    """Numbers outside of formulas, so that an edit leaves no true formula behind."""
    return [m for m in NUMBER.finditer(text) if "=" not in text[max(0, m.start() - 12) : m.end() + 12]]


def wrong_number(text, facts, generator):
    match = _pick(_sane(text, facts), generator)
    if match is None:
        return None
    value, decimals = _number_at(match)
    for _ in range(20):
        new = value * float(generator.uniform(1.2, 3.0)) + float(generator.uniform(0.5, 9.0)) * (
            1 if value >= 0 else -1
        )
        if not _is_told(new, 10.0**-decimals, facts):
            return _replace(text, match, f"{new:.{decimals}f}")
    return None


def rounding(text, facts, generator):
    """Two units of the last digit off: not a rounding any more."""
    match = _pick(_sane(text, facts), generator)
    if match is None:
        return None
    value, decimals = _number_at(match)
    new = value + (2 if generator.random() < 0.5 else -2) * 10.0**-decimals
    near = text[max(0, match.start() - 14) : match.start()].lower()
    if new * value <= 0 or _is_told(new, 10.0**-decimals, facts) or re.search("about|around|roughly|below|above", near):
        return None
    signed = match.group()[0] == "+"
    return _replace(text, match, f"{new:+.{decimals}f}" if signed else f"{new:.{decimals}f}")


def wrong_sign(text, facts, generator):
    found = [m for m in NUMBER.finditer(text) if m.group()[0] in "-−+" and _number_at(m)[0] != 0.0]
    match = _pick(found, generator)
    if match is None:
        return None
    return _replace(text, match, ("+" if match.group()[0] in "-−" else "-") + match.group()[1:])


def _swap_word(pairs):
    both = {**pairs, **{b: a for a, b in pairs.items()}}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(both, key=len, reverse=True))) + r")\b")

    def lie(text, facts, generator):
        found = [
            m
            for m in pattern.finditer(text)
            if not re.search(r"neither|\bno[tr]?\b|nothing", text[max(0, m.start() - 60) : m.start()])
        ]
        match = _pick(found, generator)
        told = facts.universe
        pairs = (("rising", "falling"), ("overbought", "oversold"), ("trend_up", "trend_down"))
        if told and any(told[f"universe_{a}"] == told[f"universe_{b}"] for a, b in pairs):
            return None
        return None if match is None else _replace(text, match, both[match.group(1)])

    return lie


direction = _swap_word({"rose": "fell", "gained": "lost", "gain": "loss", "rise": "fall"})
comparison = _swap_word({"above": "below", "higher than": "lower than"})
side = _swap_word({"supported the decision": "spoke against the decision", "spoke for": "spoke against", "In its favour": "Against it"})  # fmt: skip
overbought = _swap_word({"overbought": "oversold"})
trend = _swap_word({"uptrend": "downtrend"})
regime = _swap_word({"calm": "turbulent"})
volume_state = _swap_word({"heavy volume": "light volume"})
signal = _swap_word({"above its signal line": "below its signal line"})


def state_negated(text, facts, generator):
    found = re.search(r"\b(is|was) (overbought|oversold|in an? \w+trend|in a sideways trend|calm|turbulent)\b", text)
    return None if found is None else _replace(text, found, f"{found.group(1)} not {found.group(2)}")


def false_state(text, facts, generator):
    snapshot = facts.focus
    claims = {
        ("rsi", "overbought"): "RSI is overbought.", ("rsi", "oversold"): "The RSI is oversold.",
        ("trend", "up"): "The stock is in an uptrend.", ("trend", "down"): "It trades in a downtrend.",
        ("volatility", "turbulent"): "Volatility is turbulent.", ("volatility", "calm"): "The market is calm.",
        ("volume", "heavy"): "Volume is heavy.", ("bollinger", "above_upper_band"): "The close is above the upper Bollinger band.",
    }  # fmt: skip
    false = [says for (name, word), says in claims.items() if snapshot.states.get(name) != word]
    return f"For {snapshot.ticker}: {_pick(false, generator)} {text}"


def wrong_action(text, facts, generator):
    action = facts.focus.action
    other = _pick([name for name in ACTIONS if name != action], generator)
    match = re.search(r"\b(" + "|".join(ACTIONS[action]) + r")\b", text)
    if match is None or "would" in text[: match.end()] or "tickers" in text or len(facts.snapshots) > 1:
        return None
    form = ACTIONS[action].index(match.group(1))
    return _replace(text, match, ACTIONS[other][form])


def wrong_order(text, facts, generator):
    says = {
        "open_long": "It opens a long position.", "close_long": "It closes the long position.",
        "stay_flat": "The policy stays flat.", "keep_long": "It keeps the long position.",
        "reverse_to_short": "It reverses to short.",
    }  # fmt: skip
    false = [words for order, words in says.items() if order != facts.focus.order]
    return f"For {facts.focus.ticker}: {_pick(false, generator)} {text}"


def wrong_date(text, facts, generator):
    match = _pick(list(re.finditer(r"\d{4}-\d\d-\d\d", text)), generator)
    if match is None:
        return None
    days = int(generator.choice([-700, -365, -9, 3, 11, 366]))
    new = (date.fromisoformat(match.group()) + timedelta(days=days)).isoformat()
    return None if any(s.date == new for s in facts.snapshots) else _replace(text, match, new)


def wrong_ticker(text, facts, generator):
    known = {s.ticker for s in facts.snapshots}
    ticker = facts.focus.ticker
    match = re.search(rf"(?<![\w.]){re.escape(ticker)}(?![\w-])", text)
    return (
        None
        if match is None
        else _replace(text, match, _pick([t for t in ("MSFT", "NVDA", "TSLA") if t not in known], generator))
    )


def others_number(text, facts, generator):
    """A reading of one ticker, told of another."""
    others = [s for s in facts.snapshots[1:] if s.date == facts.focus.date]
    other = _pick(others, generator)
    if other is None:
        return None
    mine, theirs = facts.focus.readings.get("rsi_14"), other.readings.get("rsi_14")
    if mine is None or theirs is None or abs(mine - theirs) < 0.2:
        return None
    return f"{text} The RSI(14) of {facts.focus.ticker} is {theirs:.1f}."


def wrong_probability(text, facts, generator):
    match = _pick(list(re.finditer(r"probability of \w+ (?:was|is|of) (\d+\.\d)", text)), generator)
    if match is None:
        return None
    new = float(match.group(1)) + float(generator.choice([-4.3, 3.7, 7.9]))
    if not 0 < new < 100 or _is_told(new, 0.1, facts):
        return None
    return text[: match.start(1)] + f"{new:.1f}" + text[match.end(1) :]


def wrong_driver(text, facts, generator):
    named = {driver.key for driver in facts.focus.drivers}
    choices = {
        "rsi_14": "RSI(14)", "return_60": "60-day return", "macd_histogram_12_26_9": "MACD histogram",
        "volume_ratio_20": "volume ratio", "drawdown_250": "drawdown",
    }  # fmt: skip
    false = [name for key, name in choices.items() if key not in named and key in facts.focus.readings]
    return f"{text} For {facts.focus.ticker}, the main reason was the {_pick(false, generator)}." if false else None


def flipped_driver(text, facts, generator):
    names = {"rsi_14": "RSI(14)", "return_5": "5-day return", "macd_histogram_12_26_9": "MACD histogram", "return_20": "20-day return", "volume_ratio_20": "volume ratio"}  # fmt: skip
    driver = _pick([d for d in facts.focus.drivers if d.key in names], generator)
    if driver is None:
        return None
    side_told = "spoke against" if driver.supports else "supported"
    return f"{text} For {facts.focus.ticker}, the {names[driver.key]} {side_told} the decision."


def wrong_attribution(text, facts, generator):
    match = _pick(list(re.finditer(r"attribution ([+-]\d\.\d\d)", text)), generator)
    if match is None:
        return None
    new = float(match.group(1)) + float(generator.choice([-0.9, 0.11, 0.47]))
    return text[: match.start(1)] + f"{new:+.2f}" + text[match.end(1) :]


def _counterfactual_sentence(text):
    return next((m for m in re.finditer(r"[^.\n;]*(?:\.\d[^.\n;]*)*\bwould have[^\n;]*", text)), None)


def wrong_counterfactual_value(text, facts, generator):
    other = facts.focus.counterfactual
    found = _counterfactual_sentence(text)
    if other is None or found is None or len(facts.snapshots) > 1:
        return None
    for match in NUMBER.finditer(text, found.start(), found.end()):
        value, decimals = _number_at(match)
        if abs(value - other.value) <= 0.51 * 10.0**-decimals:
            new = value + (7 if generator.random() < 0.5 else 13) * 10.0**-decimals
            return None if _is_told(new, 10.0**-decimals, facts) else _replace(text, match, f"{new:.{decimals}f}")
    return None


def wrong_counterfactual_action(text, facts, generator):
    other = facts.focus.counterfactual
    match = re.search(r"would have (bought|sold|held)", text)
    if other is None or match is None or len(facts.snapshots) > 1:
        return None
    new = _pick([w for w in ("bought", "sold", "held") if w != match.group(1)], generator)
    return _replace(text, match, f"would have {new}")


def future(text, facts, generator):
    return f"{text} " + _pick(
        [
            f"Tomorrow {facts.focus.ticker} rose 2.0 %.",
            "The next day the price gained 1.4 %.",
            "The price will rise next week.",
            "Tomorrow's return is 0.7 %.",
        ],
        generator,  # fmt: skip
    )


def wrong_window(text, facts, generator):
    match = _pick(list(re.finditer(r"\b(1|5|20|60)-day (return|gain|loss)\b(?= (?:of|is|was|at))", text)), generator)
    if match is None:
        return None
    other = {"1": "5", "5": "20", "20": "60", "60": "5"}[match.group(1)]
    values = [[s.readings.get(f"return_{n}") for n in (match.group(1), other)] for s in facts.snapshots]
    if any(a is not None and b is not None and abs(abs(a) - abs(b)) < 1.0 for a, b in values):
        return None
    return _replace(text, match, f"{other}-day {match.group(2)}")


def wrong_unit(text, facts, generator):
    match = _pick(list(re.finditer(r"(?<=\d) ?(?:%|percent\b|per cent\b)(?! points)", text)), generator)
    if match is None or "=" in text[match.start() - 12 : match.end() + 2]:
        return None
    return _replace(text, match, " ATR")


def wrong_derived(text, facts, generator):
    match = _pick(list(re.finditer(r"= (-?\d+\.\d+)", text)), generator)
    if match is None:
        return None
    decimals = len(match.group(1).partition(".")[2])
    new = float(match.group(1)) + float(generator.choice([-3, 4])) * 10.0**-decimals
    return text[: match.start(1)] + f"{new:.{decimals}f}" + text[match.end(1) :]


def invented_indicator(text, facts, generator):
    return f"{text} " + _pick(
        [
            "The stochastic oscillator is at 81.3.",
            "The ADX stands at 27.4.",
            "The 100-day average is at 512.70.",
            "VWAP was 101.20.",
            "The CCI of 141 confirms it.",
        ],
        generator,  # fmt: skip
    )


def invented_news(text, facts, generator):
    return f"{text} " + _pick(
        [
            "Earnings beat expectations.",
            "Analysts upgraded the stock.",
            "The Federal Reserve cut interest rates.",
            "News of a merger helped.",
            "Revenue grew strongly.",
        ],
        generator,  # fmt: skip
    )


def wrong_count(text, facts, generator):
    match = _pick(list(re.finditer(r"(?<![\d.,-])(\d+)(?= (?:rising|falling|overbought|oversold|tickers?|buy|sell|hold)\b)", text)), generator)  # fmt: skip
    if match is None or not facts.universe:
        return None
    new = int(match.group(1)) + 41
    return None if new in facts.universe.values() else _replace(text, match, str(new))


def swapped_numbers(text, facts, generator):
    found = [m for m in _sane(text, facts) if re.search(r"(RSI\(14\)|return|volatility|ratio|histogram|drawdown)[^.,;()]{0,12}$", text[: m.start()])]  # fmt: skip
    if len(found) < 2:
        return None
    first, second = found[0], found[-1]
    if abs(_number_at(first)[0] - _number_at(second)[0]) < 1.5:
        return None
    return (
        text[: first.start()]
        + second.group()
        + text[first.end() : second.start()]
        + first.group()
        + text[second.end() :]
    )


def swapped_indicator(text, facts, generator):
    names = {"RSI(14)": "20-day return", "annualised volatility": "RSI(14)", "volume ratio": "annualised volatility", "MACD histogram": "RSI(14)"}  # fmt: skip
    found = [
        m
        for m in re.finditer("|".join(map(re.escape, names)), text)
        if re.match(r" (?:of|is|at|was) -?\d+\.\d", text[m.end() :])
    ]
    match = _pick(found, generator)
    return None if match is None else _replace(text, match, names[match.group()])


LIES = {
    "wrong number": wrong_number, "rounding": rounding, "wrong sign": wrong_sign, "direction flipped": direction,
    "comparison flipped": comparison, "driver's side in words": side, "overbought for oversold": overbought,
    "trend flipped": trend, "regime flipped": regime, "volume flipped": volume_state, "signal line flipped": signal,
    "negated state": state_negated, "false state": false_state, "wrong action": wrong_action,
    "wrong order": wrong_order, "wrong date": wrong_date, "wrong ticker": wrong_ticker,
    "another ticker's number": others_number, "wrong probability": wrong_probability, "wrong driver": wrong_driver,
    "driver's side flipped": flipped_driver, "wrong attribution": wrong_attribution,
    "counterfactual's value": wrong_counterfactual_value, "counterfactual's action": wrong_counterfactual_action,
    "future return": future, "wrong window": wrong_window, "wrong unit": wrong_unit, "wrong derived": wrong_derived,
    "invented indicator": invented_indicator, "invented news": invented_news, "wrong count": wrong_count,
    "swapped numbers": swapped_numbers, "swapped indicator": swapped_indicator,
}  # fmt: skip
"""By kind, the planter: text, facts and generator in, the lie out; None where the text has no place for it."""


def plant(kind, text, facts, generator):
    """One lie of a kind; None where the text offers no place for it."""
    lie = LIES[kind](text, facts, generator)
    return None if lie == text else lie
