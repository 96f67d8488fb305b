"""The command `tradeproof lookahead`: the leak detector on the bars and params at hand."""

from pathlib import Path

from tradeproof.agents.artifact import load_policy
from tradeproof.agents.lookahead import lookahead_of_observations
from tradeproof.agents.lookahead_prompts import lookahead_of_prompts
from tradeproof.data.bars import read_bars
from tradeproof.features.fills import lookahead_of_fills
from tradeproof.features.lookahead import lookahead_of_features, raise_if_leaking
from tradeproof.market.rules import TradingRules
from tradeproof.params import load_params
from tradeproof.runtime.files import read_json
from tradeproof.stages.layout import Layout


def run(params_path: Path, root: Path, cuts: int) -> list[str]:
    """Check features, labels and fills on the downloaded bars, and what the trained policy sees and is told to say.

    Returns:
        One line per check, and one on what was not checked because no policy is there yet.

    Raises:
        LookaheadError: Something computed from the past changed with the future.
    """
    params = load_params(params_path)
    layout = Layout(root)
    bars = read_bars(layout.bars(), read_json(layout.manifest())["sha256"])
    reports = lookahead_of_features(bars, params.build_features, params.train_base.horizons, cuts, params.seed)
    rules = TradingRules.from_params(params.costs, params.profit)
    average_bars = params.evaluate.average_bars[0]
    reports += lookahead_of_fills(bars, rules, average_bars, cuts, params.seed)
    notes = []
    if layout.policy().is_file():
        policy = load_policy(layout.policy())
        reports += lookahead_of_observations(bars, policy, cuts, params.seed)
        reports += lookahead_of_prompts(bars, policy, params, cuts, params.seed)
    else:
        notes.append(f"{layout.policy()} is not there yet: observations and prompts were not checked")
    raise_if_leaking(reports)
    found = f"no leak: {len(reports)} checks, and nothing of the past changed with the future"
    return [*map(str, reports), *notes, found]
