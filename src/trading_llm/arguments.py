"""What the commands of the guide have in common: params, refusals in one line, the nearest params file."""

import argparse
from pathlib import Path
from typing import NoReturn

from tradeproof.errors import ParamsError

PARAMS = "params.yaml"


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise ParamsError(f"{message}; {self.prog} --help shows what is expected")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command takes."""
    parser.add_argument("--params", type=Path, metavar="FILE", help="params file; params.yaml of the repository")
    parser.add_argument("--seed", type=int, metavar="N", help="the one seed; that of the params file")


def params_file(given: Path | None) -> Path:
    """The params file: the given one, or that of the nearest folder upwards from here, then from this file.

    Raises:
        ParamsError: There is none.
    """
    if given is not None:
        return given
    for start in (Path.cwd() / PARAMS, Path(__file__).resolve()):
        for folder in start.parents:
            if (folder / PARAMS).is_file():
                return folder / PARAMS
    raise ParamsError(f"no {PARAMS} in {Path.cwd()} or above it; expected one, or its name with --params")
