"""Stage evaluate: the models beside the yardsticks on the test split, with report, plots and model cards."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tradeproof.agents.artifact import load_policy
from tradeproof.agents.rollout import roll_out
from tradeproof.data.splits import TEST, assign_splits
from tradeproof.evaluation.cards import card_section
from tradeproof.evaluation.models import Evaluation, evaluate_models
from tradeproof.evaluation.names import PPO
from tradeproof.evaluation.policies import Orders
from tradeproof.evaluation.report import write_evaluation
from tradeproof.evaluation.walk_forward import compare_folds
from tradeproof.features.contract import FeatureContract
from tradeproof.forecasting.artifact import load_forecaster
from tradeproof.forecasting.folds import plan_folds
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.params import AllParams
from tradeproof.runtime.files import read_json, replace_folder, sha256_file, write_bytes, write_json, write_text
from tradeproof.stages.layout import Layout, seed_folder, sweep_dropped
from tradeproof.stages.session import open_stage, seeds_of, tag_inputs
from tradeproof.tracking.runs import StageIdentity

BASE, FINETUNED = MODELS = ("base", "finetuned")
SECTIONS = ("universe", "split", "costs", "profit", "evaluate")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        The headline figures of the fine-tuned models on the test split.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("evaluate"), SECTIONS, params_path) as (params, stage):
        manifest = tag_inputs(stage, layout)
        sweep_dropped(layout.finetuned, params.universe.tickers)
        contract = FeatureContract.from_dict(read_json(layout.contract()))
        tables = {ticker: pd.read_parquet(layout.table(ticker)) for ticker in params.universe.tickers}
        seeds = {
            name: [_forecasts(layout, params, tables, contract, name, seed) for seed in seeds_of(params)]
            for name in MODELS
        }
        # the first seed's models are the ones that are registered
        forecasts = {name: frames[0] for name, frames in seeds.items()}
        evaluation = evaluate_models(tables, forecasts, params, seeds, {PPO: _traders(layout, params, tables)})
        walked = _walk_forward(layout, params, tables)
        with replace_folder(layout.evaluation) as folder:
            write_evaluation(folder, evaluation, manifest, params, walk_forward=walked)
            write_json(folder / "summary.json", evaluation.summary)
            if walked is not None:
                write_json(folder / "walk_forward.json", walked)
            _write_forecasts(folder / layout.forecasts().name, forecasts)
            _write_cards(folder / "cards", layout, params, evaluation, bool(manifest["synthetic"]))
        stage.log_dataset(
            pd.concat(tables.values()), "features", sha256_file(layout.bars()), "artifacts/build_features/tickers"
        )
        stage.log_nested_metrics(
            {"test": evaluation.metrics["test"], "walk_forward": (walked or {}).get("walk_forward", {})}
        )
        stage.log_metrics(evaluation.headline)
        stage.log_to_parent(evaluation.headline)
        stage.log_artifacts(layout.evaluation, "evaluation")
    return evaluation.headline


def _forecasts(
    layout: Layout,
    params: AllParams,
    tables: Mapping[str, pd.DataFrame],
    contract: FeatureContract,
    name: str,
    seed: int,
) -> pd.DataFrame:
    """Forecasts of one seed's base model, or of its model of each ticker, after the validation split."""
    frames = []
    for ticker, table in tables.items():
        folder = layout.finetuned / ticker if name == FINETUNED else layout.base
        model = load_forecaster(seed_folder(folder, params.seed, seed), contract)
        frames.append(forecast_table(model, table, contract, start=params.split.validation_end))
    return pd.concat(frames, ignore_index=True)


def _traders(layout: Layout, params: AllParams, tables: Mapping[str, pd.DataFrame]) -> list[Orders]:
    """What the policies order on the test split, from an account without a position; the chosen policy comes first."""
    figures = read_json(layout.ppo / "metrics.json")
    chosen = int(figures["chosen_seed"])
    others = [int(seed) for seed in figures["seeds"] if int(seed) != chosen]
    test = {
        ticker: table[assign_splits(table["date"].to_numpy(), params.split) == TEST].reset_index(drop=True)
        for ticker, table in tables.items()
    }
    return [_orders(layout.policy_of(seed), test) for seed in (chosen, *others)]


def _orders(path: Path, tables: Mapping[str, pd.DataFrame]) -> Orders:
    orders = {}
    for decisions in roll_out(load_policy(path), tables):
        orders[decisions.ticker] = np.full(len(tables[decisions.ticker]), np.nan)
        orders[decisions.ticker][decisions.rows] = decisions.targets
    return orders


def _walk_forward(layout: Layout, params: AllParams, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """What the models of the folds were worth; None where params ask for no folds."""
    sessions = np.unique(np.concatenate([table["date"].to_numpy() for table in tables.values()]))
    folds = plan_folds(sessions, params.split, params.walk_forward)
    if not folds:
        return None
    return compare_folds(tables, pd.read_parquet(layout.walked()), folds, params).to_dict()


def _write_forecasts(path: Path, forecasts: Mapping[str, pd.DataFrame]) -> None:
    both = pd.concat([frame.assign(model=name) for name, frame in forecasts.items()], ignore_index=True)
    write_bytes(path, both.to_parquet(index=False, compression="zstd"))


def _write_cards(folder: Path, layout: Layout, params: AllParams, evaluation: Evaluation, synthetic: bool) -> None:
    """One card per model that can be registered: what training wrote, and what the test split showed."""
    prefix = params.registration.name_prefix
    models: dict[str, tuple[Path, str, str | None]] = {f"{prefix}-base": (layout.base, BASE, None)}
    models |= {
        f"{prefix}-{ticker}": (layout.finetuned / ticker, FINETUNED, ticker) for ticker in params.universe.tickers
    }
    for name, (model, kind, ticker) in models.items():
        written = (model / "README.md").read_text(encoding="utf-8")
        write_text(
            folder / f"{name}.md", f"{written.rstrip()}\n\n{card_section(evaluation.metrics, kind, ticker, synthetic)}"
        )
