"""The plot of profit at other costs: a small map per model and delay."""

from typing import Any

import numpy as np
import pandas as pd

from tradeproof.evaluation.names import label
from tradeproof.evaluation.verdict import decimal
from tradeproof.runtime.figures import INK, canvas

# inches
MAP_HEIGHT = 1.55
# of the colours, so that ink stays readable on the darkest of them
PALEST, DARKEST = 0.22, 0.78


def grid_plot(grid: pd.DataFrame) -> bytes:
    """Total return at every commission, slippage and delay.

    Args:
        grid: model, commission, slippage, delay (bars), total_return.
    """
    names, delays = (list(dict.fromkeys(grid[key])) for key in ("model", "delay"))
    widest = 100.0 * max(float(grid["total_return"].abs().max()), 1e-4)
    with canvas(0.5 + MAP_HEIGHT * len(names)) as (figure, finish):
        panels = figure.subplots(len(names), len(delays), sharex=True, sharey=True, squeeze=False)
        for axes, delay in zip(panels[0], delays, strict=True):
            axes.set_title(_late(delay))
        for axes in panels[-1]:
            axes.set_xlabel("Slippage, %")
        for row, name in zip(panels, names, strict=True):
            for axes, delay in zip(row, delays, strict=True):
                _draw(axes, grid[(grid["model"] == name) & (grid["delay"] == delay)], widest)
            row[0].set_ylabel(f"{label(name)}\nCommission, %")
        return finish()


def _draw(axes: Any, cells: pd.DataFrame, widest: float) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    gains = 100.0 * cells.pivot_table(index="commission", columns="slippage", values="total_return")
    shades = ListedColormap(colormaps["RdBu"](np.linspace(PALEST, DARKEST, 256)))
    axes.imshow(gains.to_numpy(), cmap=shades, vmin=-widest, vmax=widest, aspect="auto")
    for place, row in enumerate(gains.to_numpy()):
        for column, gain in enumerate(row):
            axes.text(column, place, decimal(gain, 1), ha="center", va="center", color=INK, size=8.5)
    axes.set_xticks(range(gains.shape[1]), [f"{100 * share:g}" for share in gains.columns])
    axes.set_yticks(range(gains.shape[0]), [f"{100 * share:g}" for share in gains.index])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)


def _late(delay: int) -> str:
    if delay == 0:
        return "Filled at the next open"
    return f"{delay} bar{'' if delay == 1 else 's'} later"
