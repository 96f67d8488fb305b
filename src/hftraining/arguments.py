"""What both commands of the guide take, and how they refuse what they do not."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from hftraining.configuration import TrainingConfiguration
from tradeproof.errors import ParamsError


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise ParamsError(f"{message}; {self.prog} --help shows what is expected")

    def parse(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """Add the common options, and read the command line."""
        self.add_argument("--params", type=Path, metavar="FILE", help="params file; params.yaml of the repository")
        self.add_argument("--source", metavar="NAME", help="data.source: snapshot, folder, yahoo or simulated")
        self.add_argument("--data", type=Path, metavar="PATH", help="local bars: a .csv or .parquet file, or a folder")
        self.add_argument("--seed", type=int, metavar="N", help="the one seed")
        return self.parse_args(arguments)


def configuration(chosen: argparse.Namespace) -> TrainingConfiguration:
    """The configuration that the common options ask for."""
    return TrainingConfiguration.load(chosen.params, chosen.source, chosen.data, chosen.seed)
