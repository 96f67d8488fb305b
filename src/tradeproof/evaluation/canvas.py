"""The paper that plots are drawn on: one style, and the same bytes for the same figures."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

INK, MUTED, GRID = "#1c2733", "#66717d", "#dfe4e8"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#b4bbc2",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.hashsalt": "tradeproof",
}
DOTS_PER_INCH = 144
WIDTH = 9.6  # inches


@contextmanager
def canvas(height: float) -> Iterator[tuple[Any, Callable[[], bytes]]]:
    """A figure under the house style, and the function that turns it into bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paper = FigureCanvasAgg(figure)

        def finish() -> bytes:
            buffer = io.BytesIO()
            # the default metadata would carry the version of the drawing library
            paper.print_figure(
                buffer,
                format="png",
                dpi=DOTS_PER_INCH,
                bbox_inches="tight",
                pad_inches=0.08,
                metadata={"Software": None},
            )
            return buffer.getvalue()

        yield figure, finish
