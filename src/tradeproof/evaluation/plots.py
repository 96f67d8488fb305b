"""Plots of a comparison as PNG bytes: no clock, no user settings, the same figures give the same bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tradeproof.evaluation.heat_map import grid_plot
from tradeproof.evaluation.models import Evaluation
from tradeproof.evaluation.names import (
    AVERAGE_CROSS,
    BUY_AND_HOLD,
    BUY_AND_HOLD_CAPPED,
    CASH,
    ENSEMBLE,
    GARCH_T,
    HAR,
    HISTORICAL_VOLATILITY,
    LIGHTGBM,
    MOMENTUM,
    PPO,
    is_ensemble,
    label,
)
from tradeproof.evaluation.verdict import decimal
from tradeproof.market.positions import quantile_column
from tradeproof.params.schema import AllParams
from tradeproof.runtime.figures import INK, MUTED, STYLE, canvas

# Okabe and Ito's colours, which colour-blind readers can tell apart
MODEL_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
OTHER_COLOURS = {
    HISTORICAL_VOLATILITY: "#8a949e",
    GARCH_T: "#E69F00",
    HAR: "#8c6bb1",
    LIGHTGBM: "#56B4E9",
    PPO: "#117733",
    BUY_AND_HOLD: INK,
    BUY_AND_HOLD_CAPPED: INK,
    MOMENTUM: "#b9a100",
    AVERAGE_CROSS: "#CC79A7",
    CASH: "#b4bbc2",
}
DASHES = {BUY_AND_HOLD: (0, (1, 1.6)), BUY_AND_HOLD_CAPPED: (0, (5, 2)), CASH: (0, (1, 3))}


def draw_plots(evaluation: Evaluation, params: AllParams) -> dict[str, bytes]:
    """All plots of the report, PNG bytes by name."""
    models = evaluation.models
    return {
        "equity": equity_plot(evaluation.curves, models),
        "drawdown": drawdown_plot(evaluation.curves, models),
        "skill": skill_plot(evaluation.skill, models, params.evaluate.confidence),
        "calibration": calibration_plot(
            evaluation.calibration[~evaluation.calibration["model"].isin(evaluation.ensembles)], models
        ),
        "grid": grid_plot(evaluation.grid),
        "fan": fan_plot(evaluation.fan, params.train_base.quantiles),
    }


def calibration_columns(calibration: pd.DataFrame) -> pd.DataFrame:
    """Calibration with a column per model and horizon beside the level, as plotting tools want their lines."""
    names = calibration["model"] + "_h" + calibration["horizon"].astype(str)
    columns = {name: group.set_index("level")["observed"] for name, group in calibration.groupby(names, sort=False)}
    return pd.DataFrame(columns).reset_index()


def equity_plot(curves: pd.DataFrame, models: Sequence[str]) -> bytes:
    """Value of all accounts together, as share of the money they started with.

    Args:
        curves: date, then one column per policy, currency units.
        models: Policies drawn boldly.
    """
    with canvas(4.6) as (figure, finish):
        axes = figure.subplots()
        gains = 100.0 * (_values(curves) / _values(curves).iloc[0] - 1.0)
        for name in gains.iloc[-1].sort_values(ascending=False, kind="stable").index:
            axes.plot(
                curves["date"],
                gains[name],
                label=f"{label(name)}  {decimal(gains[name].iloc[-1], 1)} %",
                **_line(name, models),
            )
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        _mark_dates(axes)
        axes.set_ylabel("Gain since the start of the test split, %")
        axes.margins(x=0.01)
        axes.legend(
            loc="upper left", bbox_to_anchor=(1.01, 1.0), labelcolor=INK, title="Gain at the end", alignment="left"
        )
        return finish()


def drawdown_plot(curves: pd.DataFrame, models: Sequence[str]) -> bytes:
    """Distance below the highest value so far, for the models and buy-and-hold."""
    with canvas(3.4) as (figure, finish):
        axes = figure.subplots()
        values = _values(curves)
        falls = 100.0 * (values / values.cummax() - 1.0)
        for name in (*models, BUY_AND_HOLD_CAPPED, BUY_AND_HOLD):
            axes.plot(
                curves["date"],
                falls[name],
                label=f"{label(name)}  {decimal(falls[name].min(), 1)} %",
                **_line(name, models),
            )
        _mark_dates(axes)
        axes.set_ylabel("Below the highest value so far, %")
        axes.margins(x=0.01)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), labelcolor=INK, title="Deepest", alignment="left")
        return finish()


def skill_plot(skill: pd.DataFrame, models: Sequence[str], confidence: float) -> bytes:
    """CRPS skill against historical volatility with its interval, per horizon.

    Args:
        skill: model, horizon, skill, low, high (shares).
        models: Models drawn boldly.
        confidence: Coverage of the intervals, for the label.
    """
    horizons = sorted(skill["horizon"].unique())
    with canvas(1.1 + 0.42 * skill["model"].nunique()) as (figure, finish):
        panels = figure.subplots(1, len(horizons), sharex=True, sharey=True, squeeze=False)[0]
        for axes, horizon in zip(panels, horizons, strict=True):
            rows = skill[skill["horizon"] == horizon].reset_index(drop=True)
            for place, row in rows.iterrows():
                colour = _line(row["model"], models)["color"]
                axes.barh(place, 100.0 * row["skill"], height=0.56, color=colour, alpha=0.85, zorder=2)
                axes.plot([100.0 * row["low"], 100.0 * row["high"]], [place, place], color=INK, linewidth=1.4, zorder=3)
            axes.axvline(0.0, color=INK, linewidth=1.0, zorder=4)
            axes.set_yticks(range(len(rows)), [label(name) for name in rows["model"]])
            axes.tick_params(axis="y", labelcolor=INK, length=0)
            axes.grid(visible=False, axis="y")
            axes.set_title(f"{_bars(horizon)} ahead")
        panels[0].invert_yaxis()
        figure.supxlabel("Lower CRPS than historical volatility, %", size=STYLE["font.size"])
        figure.text(
            1.0,
            0.0,
            f"line: {100.0 * confidence:g} % block-bootstrap interval",
            ha="right",
            va="top",
            color=MUTED,
            size=8.5,
        )
        return finish()


def calibration_plot(calibration: pd.DataFrame, models: Sequence[str]) -> bytes:
    """How far the share of outcomes below each quantile is from what the quantile promised, per horizon.

    Args:
        calibration: model, horizon, level, observed (shares).
        models: Models drawn boldly.
    """
    horizons = sorted(calibration["horizon"].unique())
    with canvas(3.7) as (figure, finish):
        panels = figure.subplots(1, len(horizons), sharey=True, squeeze=False)[0]
        for axes, horizon in zip(panels, horizons, strict=True):
            rows = calibration[calibration["horizon"] == horizon]
            for name in rows["model"].unique():
                one = rows[rows["model"] == name]
                axes.plot(
                    100.0 * one["level"],
                    100.0 * (one["observed"] - one["level"]),
                    marker="o",
                    markersize=4,
                    label=label(name),
                    **_line(name, models),
                )
            axes.axhline(0.0, color=INK, linewidth=1.0, zorder=1)
            axes.set_title(f"{_bars(horizon)} ahead")
            axes.set_xlabel("Quantile level, %")
            axes.set_xticks([0, 25, 50, 75, 100])
        panels[0].set_ylabel("Outcomes below it minus its level,\npercentage points")
        panels[-1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), labelcolor=INK)
        return finish()


def fan_plot(fan: pd.DataFrame, levels: Sequence[float]) -> bytes:
    """The forecast bands of the last test bars and what came.

    Args:
        fan: date (last bar known), outcome, one column per quantile level; log returns of one ticker, model, horizon.
        levels: Quantile levels, ascending.
    """
    with canvas(3.8) as (figure, finish):
        axes = figure.subplots()
        dates, colour, bands = fan["date"], MODEL_COLOURS[0], _bands(levels)
        for place, (low, high) in enumerate(bands):
            bottom, top = (100.0 * fan[quantile_column(level)] for level in (low, high))
            tint = _tint(colour, 0.15 + 0.45 * place / max(1, len(bands) - 1))
            text = f"central {100.0 * (high - low):.0f} % of the forecast"
            axes.fill_between(dates, bottom, top, color=tint, linewidth=0.0, label=text, zorder=2)
        axes.plot(dates, 100.0 * fan[quantile_column(0.5)], color=colour, linewidth=1.2, label="median forecast")
        outcomes = 100.0 * fan["outcome"].to_numpy()
        outside = _outside(fan, levels)
        axes.scatter(dates[~outside], outcomes[~outside], s=11, color=INK, zorder=4, label="what came")
        axes.scatter(
            dates[outside], outcomes[outside], s=24, color="#D55E00", zorder=5, label="came outside the widest band"
        )
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        _mark_dates(axes)
        axes.set_ylabel("Log return, %")
        axes.margins(x=0.01)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), labelcolor=INK)
        return finish()


def _line(name: str, models: Sequence[str]) -> dict[str, Any]:
    if name in models:
        return {"color": MODEL_COLOURS[list(models).index(name) % len(MODEL_COLOURS)], "linewidth": 2.2, "zorder": 5}
    if is_ensemble(name):
        return {**_line(name.removesuffix(ENSEMBLE), models), "linewidth": 1.2, "zorder": 4, "linestyle": (0, (3, 1))}
    return {"color": OTHER_COLOURS[name], "linewidth": 1.3, "zorder": 3, "linestyle": DASHES.get(name, "-")}


def _bands(levels: Sequence[float]) -> list[tuple[float, float]]:
    """Pairs of levels with equal tails, the widest first."""
    return [(low, high) for low in levels for high in levels if low < 0.5 and abs(low + high - 1.0) < 1e-9]


def _tint(colour: str, strength: float) -> tuple[float, ...]:
    """The colour on white paper, 1 for full strength."""
    channels = (int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5))
    return tuple(1.0 - strength * (1.0 - channel) for channel in channels)


def _mark_dates(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _outside(fan: pd.DataFrame, levels: Sequence[float]) -> NDArray[np.bool_]:
    low, high = (fan[quantile_column(level)].to_numpy() for level in (min(levels), max(levels)))
    outcomes = fan["outcome"].to_numpy()
    outside: NDArray[np.bool_] = (outcomes < low) | (outcomes > high)
    return outside


def _values(curves: pd.DataFrame) -> pd.DataFrame:
    return curves.drop(columns="date")


def _bars(horizon: int) -> str:
    return "1 bar" if horizon == 1 else f"{horizon} bars"
