"""What a reader should take away, in plain words and no kinder than the intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED, CASH, HISTORICAL_VOLATILITY, YARDSTICKS, is_ensemble, label

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Paragraph:
    """What is said about one subject, such as a model."""

    subject: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """The answer and its reasons.

    Attributes:
        answer: Did the models beat buy-and-hold, and the volatility yardstick?
        paragraphs: The figures behind it: one per model, and one on everything else.
    """

    answer: str
    paragraphs: tuple[Paragraph, ...]


def judge(
    metrics: Mapping[str, Any], models: Sequence[str], horizon: int, confidence: float, traders: Sequence[str] = ()
) -> Verdict:
    """Judge the models by their intervals: one that holds zero is no success.

    Args:
        metrics: As in metrics.json.
        models: The price models.
        horizon: The horizon that positions are taken from, in bars.
        confidence: Coverage of the intervals.
        traders: Policies that decide by themselves.
    """
    profit = metrics["test"]["profit"]
    forecast = {name: by_horizon[f"h{horizon}"] for name, by_horizon in metrics["test"]["forecast"].items()}
    richer = [name for name in models if _above(profit[name], "excess_return")]
    closer = [name for name in models if _above(forecast[name], "skill")]
    answer = (
        f"{_who(models, richer, 'beat')} buy-and-hold after costs. "
        f"{_who(models, closer, 'beat')} historical volatility as a forecast {_ahead(horizon)}."
    )
    for name in traders:
        won = [name] if _above(profit[name], "excess_return") else []
        answer += f" {_who([name], won, 'beat')} buy-and-hold after costs."
    paragraphs = [
        Paragraph(
            label(name),
            f"{_money(profit[name], profit[BUY_AND_HOLD_CAPPED], confidence)} "
            f"{_forecasts(forecast[name], horizon, confidence)}{_seeds(metrics['test']['seeds'], name, horizon)}",
        )
        for name in models
    ]
    paragraphs += [
        Paragraph(
            label(name),
            _money(profit[name], profit[BUY_AND_HOLD_CAPPED], confidence) + _returns(metrics["test"]["seeds"], name),
        )
        for name in traders
    ]
    return Verdict(answer, (*paragraphs, Paragraph("Everything else", _hindsight(profit, (*models, *traders)))))


def percent(share: float, digits: int = 1) -> str:
    """A share as percent, with a true minus sign and no line break before the unit."""
    return f"{decimal(100.0 * share, digits)}{NO_BREAK}%"


def decimal(value: float, digits: int) -> str:
    """A number with a true minus sign, and none before what rounds to zero."""
    text = f"{abs(value):.{digits}f}"
    return MINUS + text if value < 0.0 and float(text) > 0.0 else text


def _who(models: Sequence[str], winners: Sequence[str], deed: str) -> str:
    if not winners and len(models) > 1:
        return f"No price model {deed}"
    names = " and ".join(_called(name) for name in winners or models)
    if winners and len(winners) < len(models):
        return f"Only {names} {deed}"
    return f"{names[0].upper()}{names[1:]} {deed if winners else f'did not {deed}'}"


def _called(name: str) -> str:
    return f"the {_inside(label(name))}"


def _inside(name: str) -> str:
    """A label as it stands inside a sentence: an abbreviation keeps its capitals."""
    return name[0].lower() + name[1:] if name[1].islower() else name


def _money(figures: Figures, hold: Figures, confidence: float) -> str:
    first = (
        f"After costs the accounts {_moved(figures['total_return'])}; buy-and-hold with the same position cap "
        f"{_moved(hold['total_return'])}."
    )
    if not figures["total_trades"]:
        return f"{first} No position was opened."
    excess = figures["excess_return"]
    if excess is None or figures["excess_return_low"] is None:
        return f"{first} The test split is too short to say whether that is more than chance."
    side = "more" if excess >= 0.0 else "less"
    chance = "" if _is_clear(figures, "excess_return") else ", which may be chance"
    span = _span(figures, "excess_return", confidence)
    return f"{first} That is {percent(abs(excess))} a year {side} ({span}){chance}.{_risk(figures, hold)}"


def _risk(figures: Figures, hold: Figures) -> str:
    if not _is_clear(figures, "sharpe_difference"):
        return ""
    side = "better" if _above(figures, "sharpe_difference") else "worse"
    own, other = (decimal(found["sharpe_ratio"], 2) for found in (figures, hold))
    return f" Per unit of risk they did {side}: a Sharpe ratio of {own} against {other}."


def _forecasts(figures: Figures, horizon: int, confidence: float) -> str:
    skill = figures["skill"]
    if skill is None:
        return "The forecasts cannot be compared, since historical volatility made no error at all."
    bars = "one bar" if horizon == 1 else f"{horizon} bars"
    first = (
        f"The forecasts {bars} ahead had an error (CRPS) {percent(abs(skill))} {'below' if skill >= 0.0 else 'above'} "
        f"that of historical volatility"
    )
    if figures["skill_low"] is None:
        return f"{first}; the test split is too short to say whether that is more than chance."
    chance = "" if _is_clear(figures, "skill") else ", which may be chance"
    return f"{first} ({_span(figures, 'skill', confidence)}){chance}. They were {_others(figures)}."


def _others(figures: Figures) -> str:
    """Better or worse than which of the other yardsticks."""
    found: dict[str, list[str]] = {}
    for name in YARDSTICKS:
        if name != HISTORICAL_VOLATILITY:
            found.setdefault(_beside(figures, f"skill_over_{name}"), []).append(label(name))
    return ", and ".join(f"{side} {' and '.join(names)}" for side, names in found.items())


def _seeds(seeds: Mapping[str, Figures], name: str, horizon: int) -> str:
    """How far skill and return moved with the seed; nothing where one model was trained."""
    if name not in seeds or seeds[name]["count"] < 2:
        return ""
    skill = seeds[name]["forecast"][f"h{horizon}"]["skill"]
    gain = seeds[name]["profit"]["total_return"]
    shown = [
        f"{what} {percent(own['mean'])} ± {percent(own['deviation'])}"
        for what, own in (("the skill was", skill), ("the return", gain))
        if own["mean"] is not None
    ]
    return f" Over {seeds[name]['count']} seeds {', '.join(shown)}."


def _returns(seeds: Mapping[str, Figures], name: str) -> str:
    """How far a trader's return moved with the seed, and where the chosen one lies."""
    if name not in seeds or seeds[name]["count"] < 2:
        return ""
    own = seeds[name]["profit"]["total_return"]
    return (
        f" Over {seeds[name]['count']} seeds the return was {percent(own['mean'])} ± {percent(own['deviation'])}, from "
        f"{percent(own['lowest'])} to {percent(own['highest'])}; the seed was chosen on the validation split alone."
    )


def _beside(figures: Figures, key: str) -> str:
    if not _is_clear(figures, key):
        return "not clearly better or worse than"
    return "better than" if _above(figures, key) else "worse than"


def _hindsight(profit: Mapping[str, Figures], models: Sequence[str]) -> str:
    others = {
        name: figures["total_return"]
        for name, figures in profit.items()
        if name not in models and not is_ensemble(name)
    }
    best = max(others, key=lambda name: others[name])
    if others[best] <= 0.0 or best == CASH:
        return "Nothing else that was traded ended above cash."
    return (
        f"The most profitable of the yardsticks, which is known only afterwards, was {_inside(label(best))}: "
        f"{percent(others[best])}."
    )


def _ahead(horizon: int) -> str:
    return "one bar ahead" if horizon == 1 else f"{horizon} bars ahead"


def _moved(total_return: float) -> str:
    shown = percent(abs(total_return))
    if shown == percent(0.0):
        return "ended where they began"
    return f"{'gained' if total_return > 0.0 else 'lost'} {shown}"


def _span(figures: Figures, key: str, confidence: float) -> str:
    """The interval of a difference whose side the sentence names: turned round where the figure is negative."""
    ends = figures[f"{key}_low"], figures[f"{key}_high"]
    low, high = ends if figures[key] >= 0.0 else (-ends[1], -ends[0])
    return f"{100.0 * confidence:g}{NO_BREAK}% interval {percent(low)} to {percent(high)}"


def _is_clear(figures: Figures, key: str) -> bool:
    return _above(figures, key) or _below(figures, key)


def _above(figures: Figures, key: str) -> bool:
    low = figures[f"{key}_low"]
    return low is not None and low > 0.0


def _below(figures: Figures, key: str) -> bool:
    high = figures[f"{key}_high"]
    return high is not None and high < 0.0
