"""Stage download: bars from the chosen source, through the quality gate, adjusted, with their manifest."""

from pathlib import Path

from tradeproof.data.acquisition import acquire_bars
from tradeproof.data.bars import write_bars
from tradeproof.runtime.files import replace_folder, sha256_file, write_json
from tradeproof.stages.layout import Layout, sweep_dropped
from tradeproof.stages.session import open_stage
from tradeproof.tracking.runs import StageIdentity

SECTIONS = ("universe", "data", "download")


def run(params_path: Path, root: Path) -> dict[str, float]:
    """Run the stage.

    Args:
        params_path: The params file.
        root: The repository.

    Returns:
        Counts of tickers, bars and findings.
    """
    layout = Layout(root)
    with open_stage(StageIdentity("download"), SECTIONS, params_path) as (params, stage):
        acquired = acquire_bars(params, root)
        sweep_dropped(layout.finetuned, params.universe.tickers)
        with replace_folder(layout.download) as folder:
            write_bars(folder / layout.bars().name, acquired.bars)
            digest = sha256_file(folder / layout.bars().name)
            write_json(folder / layout.manifest().name, {"sha256": digest, **acquired.manifest})
        counts = {
            "tickers": float(len(params.universe.tickers)),
            "bars": float(len(acquired.bars)),
            "findings": float(len(acquired.manifest["findings"])),
        }
        stage.log_metrics({f"download/{key}": value for key, value in counts.items()})
        stage.set_tags(
            {
                "tradeproof.data_sha256": digest,
                "tradeproof.data_source": params.data.source,
                "tradeproof.synthetic": str(acquired.manifest["synthetic"]).lower(),
            }
        )
        stage.log_dataset(acquired.bars, "bars", digest, "artifacts/download/bars.parquet")
        stage.log_artifacts(layout.download, "download")
    return counts
