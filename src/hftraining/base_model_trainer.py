"""Train a base model on many stocks, then fine-tune it for each of them.

python base_model_trainer.py --base-stocks AAPL GOOGL MSFT --base-steps 50000 --finetune-epochs 20 --batch-size 64
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hftraining.arguments import Parser, configuration
from hftraining.configuration import TrainingConfiguration
from hftraining.session import Material, Place, gather, keep, open_log, open_run
from tradeproof.errors import ParamsError
from tradeproof.runtime.exits import exit_codes
from tradeproof.runtime.files import sha256_file
from tradeproof.tracking.runs import StageIdentity

if TYPE_CHECKING:
    from tradeproof.forecasting.model import PriceForecaster

STAGE = "base_model_trainer"


class BaseModelTrainer:
    """Trains a base model, and models that start from it."""

    def __init__(self, base_stocks: Sequence[str], config: TrainingConfiguration | None = None) -> None:
        """Choose the stocks.

        Args:
            base_stocks: Tickers that the base model learns from.
            config: What is asked for; None: params.yaml as it is.

        Raises:
            ParamsError: No params file is found, or it has faults.
        """
        self._stocks = list(base_stocks)
        self._config = TrainingConfiguration.load() if config is None else config
        self._material: Material | None = None

    def train_base_model(
        self, max_steps: int | None = None, batch_size: int | None = None
    ) -> tuple["PriceForecaster", Path]:
        """Train the base model on all base stocks.

        Args:
            max_steps: Optimiser steps, the warm-up keeping its share of them; None: the configuration's.
            batch_size: Sequences per step; None: the configuration's.

        Returns:
            The model in eval mode, and its folder.
        """
        from tradeproof.forecasting.training import train_base_forecaster

        config = self._config.copy()
        if max_steps is not None:
            config.training.train_for(max_steps)
        if batch_size is not None:
            config.training.batch_size = batch_size
        material, place = self._gathered(config, self._stocks), Place(config.root, "base")
        identity = StageIdentity(STAGE, tensorboard=place.name)
        with open_run(identity, material, config.root, "train_base") as run, open_log(run, place.log) as log:
            trained = train_base_forecaster(material.tables, material.contract, material.params, log, place.checkpoints)
            keep(trained, material, place, run, identity.name, "train_base", {})
        return trained.model, place.model

    def finetune_for_stock(
        self, stock_symbol: str, base_checkpoint_path: str | Path, num_epochs: int | None = None
    ) -> tuple["PriceForecaster", Path]:
        """Fine-tune a base model for one stock, which need not be one it was trained on.

        Args:
            stock_symbol: The ticker.
            base_checkpoint_path: Folder of the base model.
            num_epochs: How often each label of the ticker's training split is seen, the warm-up keeping its share of
                the steps; None: the configuration's steps.

        Returns:
            The model in eval mode, and its folder.
        """
        from tradeproof.forecasting.artifact import load_forecaster
        from tradeproof.forecasting.training import finetune_forecaster

        _refuse_no_epoch(num_epochs)
        config, base_folder = self._config.copy(), Path(base_checkpoint_path).absolute()
        material = self._gathered(config, [stock_symbol])
        base = load_forecaster(base_folder, material.contract)
        if num_epochs is not None:
            config.finetuning.train_for(_steps(base, material, num_epochs))
            material = self._gathered(config, [stock_symbol])
        place = Place(config.root, f"finetuned/{stock_symbol}")
        identity = StageIdentity(STAGE, stock_symbol, place.name)
        with open_run(identity, material, config.root, "finetune") as run, open_log(run, place.log) as log:
            trained = finetune_forecaster(
                base, material.tables, material.contract, material.params, log, place.checkpoints
            )
            origin = {"base_sha256": sha256_file(base_folder / "model.safetensors")}
            keep(trained, material, place, run, identity.name, "finetune", origin)
        return trained.model, place.model

    def train_and_finetune(self, num_epochs: int | None = None) -> dict[str, Path]:
        """Train the base model, then fine-tune it for each base stock; returns the folders of the models."""
        _refuse_no_epoch(num_epochs)
        _, base = self.train_base_model()
        finetuned = {stock: self.finetune_for_stock(stock, base, num_epochs)[1] for stock in self._stocks}
        return {"base": base, **finetuned}

    def _gathered(self, config: TrainingConfiguration, stocks: list[str]) -> Material:
        """Bars and features of some stocks; what was fetched last is used again while it holds them."""
        params, held = config.for_tickers(stocks), self._material
        if held is None or not set(stocks) <= set(held.tables) or not held.suits(params):
            self._material = held = gather(config, stocks)
        return held.restricted(stocks, params)


def _refuse_no_epoch(epochs: int | None) -> None:
    if epochs is not None and epochs < 1:
        raise ParamsError(f"finetune epochs is {epochs}, expected at least 1")


def _steps(base: "PriceForecaster", material: Material, epochs: int) -> int:
    """Optimiser steps in which each training label is seen `epochs` times."""
    from tradeproof.data.splits import TRAIN
    from tradeproof.forecasting.dataset import count_sequences, supervise

    params, shape = material.params, base.config
    pieces = [
        supervise(table, material.contract, shape.horizons, params.split, TRAIN) for table in material.tables.values()
    ]
    sequences = count_sequences(pieces, shape.sequence_length, epochs, params.seed)
    return math.ceil(sequences / params.finetune.batch_size)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train a base model and fine-tune it for each of its stocks, as the command line asks."""
    parser = Parser(
        allow_abbrev=False, description="Train a base model on many stocks, then fine-tune it for each of them."
    )
    parser.add_argument("--base-stocks", nargs="+", required=True, metavar="TICKER", help="stocks of the base model")
    parser.add_argument("--base-steps", type=int, metavar="N", help="optimiser steps of the base model")
    parser.add_argument("--finetune-epochs", type=int, metavar="N", help="times each training label is seen again")
    parser.add_argument("--batch-size", type=int, metavar="N", help="sequences per step, in both trainings")
    with exit_codes():
        chosen = parser.parse(arguments)
        config = configuration(chosen)
        if chosen.base_steps is not None:
            config.training.train_for(chosen.base_steps)
        if chosen.batch_size is not None:
            config.training.batch_size = config.finetuning.batch_size = chosen.batch_size
        BaseModelTrainer(chosen.base_stocks, config).train_and_finetune(chosen.finetune_epochs)


if __name__ == "__main__":
    main()
