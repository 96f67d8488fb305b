"""The command `tradeproof lookahead`: the leak detector on the bars and params at hand."""

from pathlib import Path

from tradeproof.data.bars import read_bars
from tradeproof.features.lookahead import lookahead_of_features, raise_if_leaking
from tradeproof.params import load_params
from tradeproof.stages.layout import Layout


def run(params_path: Path, root: Path) -> list[str]:
    """Check features, labels and fills on the downloaded bars; returns one line per check.

    Raises:
        LookaheadError: Something computed from the past changed with the future.
    """
    params = load_params(params_path)
    layout = Layout(root)
    bars = read_bars(layout.bars())
    reports = lookahead_of_features(bars, params)
    raise_if_leaking(reports)
    return [str(report) for report in reports]
