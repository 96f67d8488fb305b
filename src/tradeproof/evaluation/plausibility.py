"""Results too good to be believed before somebody has looked for the leak."""

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

from tradeproof.evaluation.names import label

SHARPE_RATIO = 4.0
# a fall that small, after that many trades, is no market
DRAWDOWN, DRAWDOWN_TRADES = 0.002, 10
WIN_RATE, WIN_RATE_TRADES = 0.75, 20
# daily forecasts that survive costs elsewhere reach 52 % to 53 %, and rank correlations of 0.02 to 0.05
DIRECTIONAL_ACCURACY, RANK_IC = 0.55, 0.06
# volatility models gain a few percent on the historical distribution of daily returns
SKILL = 0.15
# share by which a central interval may miss what it promised, and how many standard errors of chance
COVERAGE, COVERAGE_ERRORS = 0.10, 3.0
CENTRAL = {"coverage_50": 0.5, "coverage_90": 0.9}
# a forecast that always says up is right as often as the market rises, and that is no leak
ABOVE_CONSTANT = 0.01


def implausible(metrics: Mapping[str, Any]) -> list[str]:
    """One line per figure that is a fault until shown otherwise.

    Args:
        metrics: As in metrics.json: test.forecast, test.profit, test.seeds, tickers.
    """
    found = list(_policies(metrics["test"]["profit"], ""))
    for ticker, figures in metrics["tickers"].items():
        found += _policies(figures["profit"], f" on {ticker}")
    forecast = metrics["test"]["forecast"]
    found += [*_forecasts(forecast), *_distributions(forecast, len(metrics["tickers"]))]
    return found + list(_seeds(metrics["test"]["seeds"]))


def _policies(profit: Mapping[str, Mapping[str, Any]], where: str) -> Iterator[str]:
    for name, figures in profit.items():
        trades, shown = figures["total_trades"] or 0, f"{label(name)}{where}"
        sharpe, drawdown, win_rate = figures["sharpe_ratio"], figures["max_drawdown"], figures["win_rate"]
        if sharpe is not None and sharpe > SHARPE_RATIO:
            yield f"{shown}: a Sharpe ratio of {sharpe:.2f} is implausible (above {SHARPE_RATIO:g}). Look for a leak."
        if drawdown is not None and drawdown < DRAWDOWN and trades >= DRAWDOWN_TRADES:
            yield (
                f"{shown}: a deepest drawdown of {100 * drawdown:.2f} % after {trades:.0f} trades is implausible "
                f"(below {100 * DRAWDOWN:g} %). Look for a leak."
            )
        if win_rate is not None and win_rate > WIN_RATE and trades >= WIN_RATE_TRADES:
            yield (
                f"{shown}: a win rate of {100 * win_rate:.0f} % over {trades:.0f} trades is implausible "
                f"(above {100 * WIN_RATE:g} %). Look for a leak."
            )


def _forecasts(forecast: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    for name, horizons in forecast.items():
        if "h1" not in horizons:
            continue
        figures = horizons["h1"]
        noise = 1.0 / sqrt(figures["bars"])
        accuracy, up_share, rank_ic = figures["directional_accuracy"], figures["up_share"], figures["rank_ic"]
        constant = max(up_share, 1.0 - up_share) + ABOVE_CONSTANT if up_share is not None else 1.0
        if accuracy is not None and accuracy > max(DIRECTIONAL_ACCURACY, constant):
            yield (
                f"{label(name)}: the direction of the next bar was right in {100 * accuracy:.1f} % of "
                f"{figures['bars']} cases. Above {100 * DIRECTIONAL_ACCURACY:g} % counts as a leak until shown "
                f"otherwise (chance alone moves it by about {50 * noise:.1f} points)."
            )
        if rank_ic is not None and rank_ic > RANK_IC:
            yield (
                f"{label(name)}: the rank correlation of forecast and next return is {rank_ic:.3f}. Above {RANK_IC:g} "
                f"counts as a leak until shown otherwise (chance alone moves it by about {noise:.3f}, more where "
                f"tickers move together{_t(figures['rank_ic_t'])}); `tradeproof lookahead` looks for one."
            )


def _t(value: float | None) -> str:
    return "" if value is None else f"; its t is {value:.1f}"


def _distributions(forecast: Mapping[str, Mapping[str, Mapping[str, Any]]], tickers: int) -> Iterator[str]:
    for name, horizons in forecast.items():
        for horizon, figures in horizons.items():
            where = f"{label(name)}, {horizon.removeprefix('h')} bar(s) ahead"
            skill = figures["skill"]
            if skill is not None and skill > SKILL:
                yield (
                    f"{where}: a CRPS {100 * skill:.1f} % below that of historical volatility is implausible (above "
                    f"{100 * SKILL:g} %). Look for a leak."
                )
            # outcomes of tickers move together, and those of one ticker overlap
            independent = figures["bars"] / tickers / int(horizon.removeprefix("h"))
            for key, promised in CENTRAL.items():
                found = figures[key]
                chance = COVERAGE_ERRORS * sqrt(promised * (1.0 - promised) / independent)
                if found is not None and abs(found - promised) > max(COVERAGE, chance):
                    yield (
                        f"{where}: {100 * found:.1f} % of the outcomes lay inside the central {100 * promised:g} %, "
                        f"off by more than {100 * COVERAGE:g} points and by more than chance. The forecast is broken, "
                        "or the market is another one than it learned."
                    )


def _seeds(seeds: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, figures in seeds.items():
        # a trader forecasts nothing
        count, forecast, profit = figures["count"], figures.get("forecast", {}), figures["profit"]
        if count < 2:
            continue
        if forecast and all(own["crps"]["lowest"] == own["crps"]["highest"] for own in forecast.values()):
            yield (
                f"{label(name)}: all {count} seeds have the same error to the last digit, so the seed changes nothing "
                "or one model stands there several times. Their spread says nothing."
            )
        alone = {
            **{
                f"a skill above zero {horizon.removeprefix('h')} bar(s) ahead": own["skill"]
                for horizon, own in forecast.items()
            },
            "a profit": profit["total_return"],
            "a profit above buy-and-hold's": profit["excess_return"],
        }
        lucky = [what for what, own in alone.items() if own["above_zero"] == 1]
        if lucky:
            yield f"{label(name)}: only 1 of {count} seeds has {', or '.join(lucky)}. What one seed has alone is luck."
