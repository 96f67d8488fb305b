"""The command line: one command per stage, and the tools beside the pipeline."""

import math
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tradeproof.errors import ParamsError
from tradeproof.runtime.exits import exit_codes
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


@app.command("walk_forward")
def walk_forward(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 5: models trained again and again as time goes by, each tested on what came after."""
    from tradeproof.stages import walk_forward as stage

    _report("walk_forward", stage.run(params, Path.cwd()))


@app.command("train_ppo")
def train_ppo(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 6: policies that trade, trained with PPO from several seeds; validation chooses one."""
    from tradeproof.stages import train_ppo as stage

    _report("train_ppo", stage.run(params, Path.cwd()))


@app.command("generate_explanations")
def generate_explanations(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 7: the policy's decisions with explanations whose every claim holds, as training rows for an LLM."""
    from tradeproof.stages import generate_explanations as stage

    _report("generate_explanations", stage.run(params, Path.cwd()))


@app.command("evaluate")
def evaluate(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 8: scores and profit on the test split beside the yardsticks, with plots and a report."""
    from tradeproof.stages import evaluate as stage

    _report("evaluate", stage.run(params, Path.cwd()))


@app.command("register")
def register(params: ParamsOption = DEFAULT_PARAMS) -> None:
    """Stage 9: put what was evaluated into the model registry, unless it is there already."""
    from tradeproof.stages import register as stage

    for line in stage.run(params, Path.cwd()):
        _say(line)


@app.command()
def lookahead(
    params: ParamsOption = DEFAULT_PARAMS,
    cuts: Annotated[int, typer.Option(min=1, help="Dates after which the future is rewritten.")] = 6,
) -> None:
    """Rewrite the future of the downloaded bars: does anything computed from the past change?"""
    from tradeproof.stages import lookahead as tool

    for line in tool.run(params, Path.cwd(), cuts):
        _say(line)


@app.command()
def forecast(
    model: Annotated[str, typer.Option(help="A model's folder, models:/NAME@ALIAS or models:/NAME/VERSION.")],
    bars: Annotated[Path, typer.Option(help="Parquet or CSV of daily bars; any tickers, raw or adjusted.")],
    start: Annotated[str, typer.Option("--from", help="First date to forecast from, as 2015-12-31.")],
    end: Annotated[str, typer.Option("--to", help="Last date to forecast from; later bars are not looked at.")],
    output: Annotated[Path, typer.Option(help="File to write: .parquet or .csv.")],
) -> None:
    """Forecast from a file of bars: one row of quantiles per symbol, date and horizon."""
    from tradeproof.serving.batch import check_output, forecast_file, summary, write_forecasts

    check_output(output)
    found = forecast_file(model, bars, _day("--from", start), _day("--to", end))
    write_forecasts(output, found.frame)
    for note in found.notes:
        sys.stderr.write(f"{note}\n")
    if found.left_out:
        sys.stderr.write(f"left out {len(found.left_out)} symbols: {summary(found.left_out)}\n")
    _say(f"{output}: {len(found.frame)} forecasts of {found.frame['symbol'].nunique()} symbols")


def main() -> None:
    """Run the command; a fault of the user's is one line and exit code 2."""
    with exit_codes():
        app()


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as e:
        raise ParamsError(f"{option} is {text!r}, expected a day as 2015-12-31") from e


def _report(stage: str, metrics: Mapping[str, float]) -> None:
    shown = ", ".join(f"{key} {value:.6g}" for key, value in metrics.items() if math.isfinite(value))
    _say(f"{stage}: {shown}")


def _say(line: str) -> None:
    if is_main_process():
        sys.stdout.write(line + "\n")
