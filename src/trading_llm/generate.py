"""Command generate: a dataset of explained decisions from a policy and market data."""

import argparse
import sys
from pathlib import Path

from tradeproof.errors import ParamsError
from tradeproof.params import load_params
from tradeproof.params.loader import check_params
from tradeproof.params.schema import AllParams
from trading_llm.arguments import add_common, params_file

SAMPLES, RATIO = 10000, 0.9  # what the guide recommends


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "generate", allow_abbrev=False, help="generate a dataset of decisions and explanations"
    )
    parser.add_argument("--rl-model", type=Path, required=True, metavar="FILE", help="the policy: policy.zip")
    parser.add_argument("--market-data", type=Path, required=True, metavar="FILE", help="bars: .parquet or .csv")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="FOLDER", help="where the dataset goes")
    parser.add_argument("--num-samples", type=int, default=SAMPLES, metavar="N", help=f"rows; {SAMPLES}")
    parser.add_argument("--split-ratio", type=float, default=RATIO, metavar="R", help=f"share for training; {RATIO}")
    add_common(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Generate, write the three files, and show a sample."""
    from tradeproof.agents.delivery import check_folder, deliver
    from tradeproof.agents.generation import Request, generate_dataset
    from tradeproof.agents.material import policy_sha256, read_market, read_policy

    params = _params(chosen)
    check_folder(chosen.output_dir, "--output-dir")
    policy = read_policy(chosen.rl_model, params)
    market = read_market(chosen.market_data, policy.features.params)
    for note in market.notes:
        sys.stderr.write(f"{note}\n")
    settings = params.generate_explanations
    request = Request(settings, params.split.purged_size, params.split.train_end, params.seed)
    origins = {"policy_sha256": policy_sha256(chosen.rl_model), "data_sha256": market.sha256}
    generated = generate_dataset(policy, market.tables, request, origins)
    deliver(chosen.output_dir, generated.files)
    sys.stdout.write(generated.sample.pretty() + "\n" + generated.summary(chosen.output_dir) + "\n")


def _params(chosen: argparse.Namespace) -> AllParams:
    """The params file with what the command line replaces."""
    if not 0.0 < chosen.split_ratio < 1.0:
        raise ParamsError(f"--split-ratio is {chosen.split_ratio:g}, expected a number between 0 and 1, both excluded")
    if chosen.num_samples < 1:
        raise ParamsError(f"--num-samples is {chosen.num_samples}, expected at least 1")
    raw = load_params(params_file(chosen.params)).model_dump(mode="json", by_alias=True)
    raw["generate_explanations"] |= {"num_samples": chosen.num_samples, "split_ratio": chosen.split_ratio}
    if chosen.seed is not None:
        raw["seed"] = chosen.seed
    return check_params(raw, "params")
