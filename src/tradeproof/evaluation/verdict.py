"""What a reader should take away, in plain words and no kinder than the intervals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, CASH, GARCH_T, LIGHTGBM, label

MINUS = "−"  # noqa: RUF001  # a hyphen is too short beside digits
# yardsticks of forecasts: key of the skill figure, and how a sentence calls them
FORECAST_YARDSTICKS = {
    "skill": "historical volatility",
    f"skill_over_{GARCH_T}": "GARCH(1,1)-t",
    f"skill_over_{LIGHTGBM}": "LightGBM",
}


@dataclass(frozen=True)
class Verdict:
    """The answer and its reasons.

    Attributes:
        answer: One sentence: did the models beat buy-and-hold, and the volatility yardstick?
        sentences: The figures behind it, one paragraph each.
    """

    answer: str
    sentences: tuple[str, ...]


def judge(metrics: Mapping[str, Any], models: Sequence[str], horizon: int, confidence: float) -> Verdict:
    """Judge the models by their intervals: one that holds zero is no success.

    Args:
        metrics: As in metrics.json.
        models: The price models.
        horizon: The horizon that positions are taken from, in bars.
        confidence: Coverage of the intervals.
    """
    profit, forecast = metrics["test"]["profit"], metrics["test"]["forecast"]
    sentences = []
    for name in models:
        sentences.append(_profit_sentence(name, profit, confidence))
        sentences.append(_forecast_sentence(name, forecast[name][f"h{horizon}"], horizon, confidence))
    sentences.append(_hindsight(profit, models))
    return Verdict(_answer(profit, forecast, models, horizon), tuple(sentences))


def percent(share: float, digits: int = 1) -> str:
    """A share as percent with a true minus sign, such as −1.2 %."""
    text = f"{100.0 * share:.{digits}f} %"
    return signed(text)


def signed(text: str) -> str:
    """A number's text with a true minus sign, and none before a zero."""
    if text.startswith("-"):
        return text[1:] if not any(digit in text for digit in "123456789") else MINUS + text[1:]
    return text


def _answer(
    profit: Mapping[str, Mapping[str, Any]], forecast: Mapping[str, Any], models: Sequence[str], horizon: int
) -> str:
    richer = [name for name in models if _above(profit[name], "excess_return")]
    sharper = [name for name in models if _above(forecast[name][f"h{horizon}"], "skill")]
    money = _who(models, richer, "beat buy-and-hold after costs")
    skilled = _who(models, sharper, "forecast better than historical volatility")
    joint = "and" if bool(richer) == bool(sharper) else "but"
    return f"{money[0].upper()}{money[1:]}, {joint} {skilled}."


def _who(models: Sequence[str], winners: Sequence[str], deed: str) -> str:
    names = " and ".join(_called(name) for name in winners)
    if not winners:
        return f"{_called(models[0])} did not {deed}" if len(models) == 1 else f"no price model {deed}"
    if len(winners) == len(models):
        return f"{names} {deed}"
    return f"only {names} {deed}"


def _profit_sentence(name: str, profit: Mapping[str, Mapping[str, Any]], confidence: float) -> str:
    figures, hold = profit[name], profit[BUY_AND_HOLD_CAPPED]
    first = (
        f"{label(name)}: after costs the accounts {_moved(figures['total_return'])}, and buy-and-hold with the same "
        f"position cap {_moved(hold['total_return'])}."
    )
    if not figures["trades"]:
        return f"{first} The forecasts never opened a position."
    excess = figures["excess_return"]
    if figures["excess_return_low"] is None or excess is None:
        return f"{first} The test split is too short for an interval, so neither can be called better."
    side = "more" if excess >= 0.0 else "less"
    word = _compared(figures, "excess_return", "a real difference as far as this split can tell")
    span = _span(figures, "excess_return", confidence)
    return f"{first} That is {percent(abs(excess))} a year {side} ({span}): {word}."


def _forecast_sentence(name: str, figures: Mapping[str, Any], horizon: int, confidence: float) -> str:
    parts = list(_forecast_parts(figures, confidence))
    ahead = "one bar" if horizon == 1 else f"{horizon} bars"
    return f"{label(name)}: forecasts {ahead} ahead had an error (CRPS) {'; '.join(parts)}."


def _forecast_parts(figures: Mapping[str, Any], confidence: float) -> Iterator[str]:
    for key, yardstick in FORECAST_YARDSTICKS.items():
        value = figures[key]
        if value is None:
            continue
        side = "below" if value >= 0.0 else "above"
        if figures[f"{key}_low"] is None:
            yield f"{percent(abs(value))} {side} that of {yardstick} (too few bars for an interval)"
            continue
        sure = "" if _above(figures, key) or _below(figures, key) else ", which may be chance"
        yield f"{percent(abs(value))} {side} that of {yardstick} ({_span(figures, key, confidence)}{sure})"


def _hindsight(profit: Mapping[str, Mapping[str, Any]], models: Sequence[str]) -> str:
    others = {name: figures["total_return"] for name, figures in profit.items() if name not in models}
    best = max(others, key=lambda name: others[name])
    if best == CASH:
        return "Nothing else that was traded ended above cash."
    return f"With hindsight, the most profitable of the other policies was: {label(best)} ({percent(others[best])})."


def _moved(total_return: float) -> str:
    shown = percent(abs(total_return))
    if shown == percent(0.0):
        return "neither gained nor lost"
    return f"{'gained' if total_return > 0.0 else 'lost'} {shown}"


def _compared(figures: Mapping[str, Any], key: str, sure: str) -> str:
    return sure if _above(figures, key) or _below(figures, key) else "a difference that may be chance"


def _span(figures: Mapping[str, Any], key: str, confidence: float) -> str:
    low, high = percent(figures[f"{key}_low"]), percent(figures[f"{key}_high"])
    return f"{100.0 * confidence:g} % interval {low} to {high}"


def _above(figures: Mapping[str, Any], key: str) -> bool:
    low = figures[f"{key}_low"]
    return low is not None and low > 0.0


def _below(figures: Mapping[str, Any], key: str) -> bool:
    high = figures[f"{key}_high"]
    return high is not None and high < 0.0


def _called(name: str) -> str:
    return f"the {label(name)[0].lower()}{label(name)[1:]}"
