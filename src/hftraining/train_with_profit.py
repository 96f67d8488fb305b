"""Train price models while the profit of trading their forecasts is tracked.

python train_with_profit.py --stock AAPL --steps 5000
python train_with_profit.py --stocks AAPL GOOGL MSFT TSLA --base-model
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hftraining.arguments import Parser, configuration
from hftraining.base_model_trainer import BaseModelTrainer
from hftraining.configuration import TrainingConfiguration
from hftraining.session import Place, gather, keep, open_log, open_run
from tradeproof.runtime.exits import exit_codes
from tradeproof.tracking.runs import StageIdentity

if TYPE_CHECKING:
    from tradeproof.forecasting.model import PriceForecaster

STAGE = "train_with_profit"


def train_single_stock_with_profit(
    stock: str, steps: int | None = None, config: TrainingConfiguration | None = None
) -> tuple["PriceForecaster", Path]:
    """Train a new model on one stock.

    Args:
        stock: The ticker.
        steps: Optimiser steps, the warm-up keeping its share of them; None: the configuration's.
        config: What is asked for; None: params.yaml as it is.

    Returns:
        The model in eval mode, and its folder.
    """
    from tradeproof.forecasting.training import train_base_forecaster

    config = TrainingConfiguration.load() if config is None else config.copy()
    if steps is not None:
        config.training.train_for(steps)
    material, place = gather(config, [stock]), Place(config.root, f"single/{stock}")
    identity = StageIdentity(STAGE, stock, place.name)
    with open_run(identity, material, config.root, "train_base") as run, open_log(run, place.log) as log:
        trained = train_base_forecaster(material.tables, material.contract, material.params, log, place.checkpoints)
        keep(trained, material, place, run, identity.name, "train_base", {})
    return trained.model, place.model


def main(arguments: Sequence[str] | None = None) -> None:
    """Train as the command line asks."""
    parser = Parser(
        allow_abbrev=False, description="Train price models while the profit of trading their forecasts is tracked."
    )
    stocks = parser.add_mutually_exclusive_group(required=True)
    stocks.add_argument("--stock", metavar="TICKER", help="one stock")
    stocks.add_argument("--stocks", nargs="+", metavar="TICKER", help="several stocks, a model each")
    parser.add_argument("--base-model", action="store_true", help="train one base model, then fine-tune it for each")
    parser.add_argument(
        "--steps", type=int, metavar="N", help="optimiser steps of the base model, or of each single one"
    )
    with exit_codes():
        chosen = parser.parse(arguments)
        config = configuration(chosen)
        if chosen.steps is not None:
            config.training.train_for(chosen.steps)
        tickers = chosen.stocks or [chosen.stock]
        if chosen.base_model:
            BaseModelTrainer(tickers, config).train_and_finetune()
            return
        config.for_tickers(tickers)  # all mistakes before the first training
        for ticker in tickers:
            train_single_stock_with_profit(ticker, config=config)


if __name__ == "__main__":
    main()
