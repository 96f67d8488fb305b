"""Stage train_ppo: policies that trade, trained with PPO from several seeds; validation chooses one."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tradeproof.agents.artifact import save_policy
from tradeproof.agents.card import SeedFigures, policy_card
from tradeproof.agents.training import TrainedPolicies, train_policies
from tradeproof.features.contract import FeatureContract
from tradeproof.params import load_params
from tradeproof.params.schema import AllParams
from tradeproof.runtime.files import read_json, replace_folder, sha256_file, write_json, write_text
from tradeproof.stages.layout import SEEDS, Layout
from tradeproof.stages.session import model_meta, open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("split", "costs", "profit", "train_ppo")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage: one training per seed on train_base.tickers, each with a run of its own beside the stage's.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        The chosen policy's metrics on the validation split, and their spread over the seeds.
    """
    layout = Layout(root)
    settings = load_params(params_path)
    seeds = [settings.seed + place for place in range(settings.train_ppo.seeds)]
    with open_stage(StageIdentity("train_ppo"), SECTIONS, params_path) as (params, stage), ExitStack() as runs:
        tag_inputs(stage, layout)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        digest = sha256_file(layout.base_table())
        rows = pd.read_parquet(layout.base_table())
        stage.log_dataset(rows, "base_features", digest, "artifacts/build_features/base.parquet")
        tables = {ticker: rows[rows["ticker"] == ticker].reset_index(drop=True) for ticker in params.train_base.tickers}
        logs = {}
        for seed in seeds:
            identity = StageIdentity("train_ppo", tensorboard=f"ppo/{SEEDS}/{seed}", further_seed=seed)
            _, run_of_seed = runs.enter_context(open_stage(identity, SECTIONS, params_path))
            tag_inputs(run_of_seed, layout)
            logs[seed] = run_of_seed.log_metrics
        trained = train_policies(tables, contract, params, logs)
        figures = SeedFigures.of(trained)
        for seed, metrics in figures.seeds.items():
            # the curve goes on after the weights that were kept
            logs[seed]({f"kept/{key.removeprefix('validation/')}": value for key, value in metrics.items()}, 0)
        with replace_folder(layout.ppo) as folder:
            _write(folder, layout, trained, params, digest)
            write_json(folder / "metrics.json", figures.to_dict())
            write_text(folder / "README.md", policy_card(figures, tuple(tables), params))
        stage.log_metrics(figures.metrics)
        stage.log_artifacts(layout.ppo, "policy")
    return figures.metrics


def _write(folder: Path, layout: Layout, trained: TrainedPolicies, params: AllParams, digest: str) -> None:
    """Write the chosen policy as policy.zip, and every seed's below seeds/."""
    everything = params.model_dump(mode="json", by_alias=True)
    curves = []
    for policy in trained.policies:
        meta = model_meta({key: everything[key] for key in SECTIONS}, policy.seed, digest, "train_ppo")
        described = replace(policy.policy, meta=meta)
        save_policy(folder / layout.policy_of(policy.seed).relative_to(layout.ppo), described, policy.metrics)
        if policy is trained.best:
            save_policy(folder / layout.policy().name, described, policy.metrics)
            write_json(folder / "meta.json", meta)
        curves.append(policy.curve.assign(seed=policy.seed))
    whole = pd.concat(curves, ignore_index=True)
    write_text(folder / "validation_curve.csv", whole.to_csv(index=False, lineterminator="\n"))
