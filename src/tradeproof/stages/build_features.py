"""Stage build_features: one feature table per ticker, the base model's tables, and the contract of both."""

from pathlib import Path

import pandas as pd

from tradeproof.data.bars import read_bars
from tradeproof.errors import DataError
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.runtime.files import read_json, replace_folder, sha256_file, write_bytes, write_json
from tradeproof.stages.layout import Layout
from tradeproof.stages.session import open_stage, tag_inputs
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("universe", "build_features")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        Counts of features and of rows with and without a full history.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("build_features"), SECTIONS, params_path) as (params, stage):
        bars = read_bars(layout.bars(), read_json(layout.manifest())["sha256"])
        contract = feature_contract(params.build_features)
        tables = {
            ticker: build_table(bars[bars["ticker"] == ticker].reset_index(drop=True), params.build_features)
            for ticker in params.universe.tickers
        }
        _require_ready(tables)
        with replace_folder(layout.features) as folder:
            write_json(folder / layout.contract().name, contract.to_dict())
            for ticker, table in tables.items():
                _write_table(folder / "tickers" / layout.table(ticker).name, table)
            base = pd.concat([tables[ticker] for ticker in params.train_base.tickers], ignore_index=True)
            _write_table(folder / layout.base_table().name, base)
        ready = sum(int(table["ready"].sum()) for table in tables.values())
        rows = sum(len(table) for table in tables.values())
        counts = {
            "features": float(len(contract.names)),
            "ready_rows": float(ready),
            "masked_rows": float(rows - ready),
        }
        stage.log_metrics({f"build_features/{key}": value for key, value in counts.items()})
        tag_inputs(stage, layout)
        digest = sha256_file(layout.base_table())
        stage.log_dataset(base, "base_features", digest, "artifacts/build_features/base.parquet")
    return counts


def _write_table(path: Path, table: pd.DataFrame) -> None:
    write_bytes(path, table.to_parquet(index=False, compression="zstd"))


def _require_ready(tables: dict[str, pd.DataFrame]) -> None:
    for ticker, table in tables.items():
        if not table["ready"].any():
            raise DataError(
                f"{ticker} has {len(table)} bars, too few for a single row with a full history; expected a longer "
                "history, or shorter windows under build_features"
            )
