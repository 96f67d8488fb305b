"""The trading LLM, step by step as its guide has it.

python -m trading_llm.train_llm generate --rl-model policy.zip --market-data bars.parquet --output-dir dataset
"""

from collections.abc import Sequence

from tradeproof.runtime.exits import exit_codes
from trading_llm import generate
from trading_llm.arguments import Parser

COMMANDS = (generate,)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks."""
    parser = Parser(prog="python -m trading_llm.train_llm", allow_abbrev=False, description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    with exit_codes():
        chosen = parser.parse_args(arguments)
        chosen.run(chosen)


if __name__ == "__main__":
    main()
