"""The command line: one command per stage, and the tools beside the pipeline."""

import errno
import logging
import math
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from tradeproof.errors import StorageError, TradeproofError
from tradeproof.runtime.files import FULL_DISK
from tradeproof.runtime.processes import is_main_process

app = typer.Typer(
    help="Train, prove and promote trading models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
ParamsOption = Annotated[Path, typer.Option("--params", help="The params file.")]
DEFAULT_PARAMS = Path("params.yaml")


@app.command()
def snapshot(folder: Annotated[Path, typer.Option(help="Folder to write.")] = Path("data")) -> None:
    """Write the pinned snapshot of real bars: S&P 500 and NASDAQ Composite, daily, 1999-2018."""
    from tradeproof.data.snapshot import write_snapshot

    write_snapshot(folder)
    _say(f"{folder}: bars.parquet and metadata.json; `dvc add {folder} && dvc push` pins them")


@app.command("download")
def download(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 1: bars from the chosen source, through the quality gate."""
    from tradeproof.stages import download as stage

    _report("download", stage.run(params, Path.cwd()))


@app.command("build_features")
def build_features(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 2: causal, scale-free features and their contract."""
    from tradeproof.stages import build_features as stage

    _report("build_features", stage.run(params, Path.cwd()))


@app.command("train_base")
def train_base(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 3: the base price model, with profit tracked while it trains."""
    from tradeproof.stages import train_base as stage

    _report("train_base", stage.run(params, Path.cwd()))


@app.command("finetune")
def finetune(
    ticker: Annotated[str, typer.Option(help="One of universe.tickers.")], params: ParamsOption = DEFAULT_PARAMS
) -> None:
    """Stage 4: the price model of one ticker, started from the base model."""
    from tradeproof.stages import finetune as stage

    _report(f"finetune@{ticker}", stage.run(params, Path.cwd(), ticker))


@app.command("evaluate")
def evaluate(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 5: scores and profit on the test split beside the yardsticks, with plots and a report."""
    from tradeproof.stages import evaluate as stage

    _report("evaluate", stage.run(params, Path.cwd()))


@app.command("register")
def register(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 6: put what was evaluated into the model registry, unless it is there already."""
    from tradeproof.stages import register as stage

    for line in stage.run(params, Path.cwd()):
        _say(line)


@app.command()
def lookahead(
    params: ParamsOption = DEFAULT_PARAMS,
    cuts: Annotated[int, typer.Option(min=1, help="Dates after which the future is rewritten.")] = 6,
) -> None:
    """Rewrite the future of the downloaded bars: does any feature, label or account of the past change?"""
    from tradeproof.stages import lookahead as tool

    for line in tool.run(params, Path.cwd(), cuts):
        _say(line)


def main() -> None:
    """Run the command; a fault of the user's is one line and exit code 2."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except TradeproofError as e:
        _fail(e)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what was finished before is kept\n")
        sys.exit(130)
    except OSError as e:
        if e.errno not in (*FULL_DISK, errno.EROFS):
            raise
        _fail(StorageError(f"{e.filename or 'a file'} cannot be written: {e.strerror}; free some room and run again"))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(error: TradeproofError) -> None:
    sys.stderr.write(f"error: {error}\n")
    sys.exit(2)


def _report(stage: str, metrics: Mapping[str, float]) -> None:
    shown = ", ".join(f"{key} {value:.6g}" for key, value in metrics.items() if math.isfinite(value))
    _say(f"{stage}: {shown}")


def _say(line: str) -> None:
    if is_main_process():
        sys.stdout.write(line + "\n")
