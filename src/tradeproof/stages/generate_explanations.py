"""Stage generate_explanations: decisions of the policy, explained, as a data set for a language model."""

from pathlib import Path

import pandas as pd

from tradeproof.agents.artifact import load_policy
from tradeproof.agents.generation import Request, generate_dataset
from tradeproof.features.contract import FeatureContract
from tradeproof.runtime.files import read_json, replace_folder, sha256_file, sha256_folder, write_bytes
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("universe", "split", "generate_explanations")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        Counts of rows and claims, the shares of the actions, and the rate of near-duplicates.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("generate_explanations"), SECTIONS, params_path) as (params, stage):
        tag_inputs(stage, layout)
        policy = load_policy(layout.policy())
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        tables = {ticker: pd.read_parquet(layout.table(ticker)) for ticker in params.universe.tickers}
        for table in tables.values():
            contract.check(table)
        digest = sha256_folder(layout.table("").parent)
        stage.log_dataset(pd.concat(tables.values()), "features", digest, "artifacts/build_features/tickers")
        origins = {"policy_sha256": sha256_file(layout.policy()), "data_sha256": digest}
        settings = params.generate_explanations
        request = Request(settings, params.split.purged_size, params.split.train_end, params.seed)
        generated = generate_dataset(policy, tables, request, origins)
        with replace_folder(layout.explanations) as folder:
            for name, content in generated.files.items():
                write_bytes(folder / name, content)
        counts = {f"generate_explanations/{key}": value for key, value in generated.metrics.items()}
        stage.log_metrics(counts)
        stage.log_artifacts(layout.explanations, "dataset")
    return counts
