"""What a generation starts from, as files: a policy of either kind, and market data of any tickers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from tradeproof.agents.archive import read_archive, read_file
from tradeproof.agents.artifact import OWN_NAMES, load_policy
from tradeproof.agents.foreign import POLICY, load_foreign_policy
from tradeproof.agents.policy import TradingPolicy
from tradeproof.data.barfile import read_bar_file
from tradeproof.errors import DataError
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.market.rules import TradingRules
from tradeproof.params.schema import AllParams, FeatureParams
from tradeproof.progress import progress
from tradeproof.runtime.files import sha256_file


@dataclass(frozen=True)
class MarketTables:
    """Feature tables of a file of bars.

    Attributes:
        tables: By ticker.
        sha256: Of the file.
        notes: What was tolerated in it.
    """

    tables: Mapping[str, pd.DataFrame]
    sha256: str
    notes: tuple[str, ...]


def read_policy(path: Path, params: AllParams) -> TradingPolicy:
    """Read a policy of this program, which knows its features and rules, or one of stable-baselines3, which does not.

    Args:
        path: The file or, of this program's own, its folder.
        params: Windows of the features and rules of the account for a policy that does not name them.

    Raises:
        ContractError: It was made for other observations.
        StorageError: It cannot be read.
    """
    if not path.is_dir() and POLICY in read_archive(read_file(path), None, str(path)):
        rules = TradingRules.from_params(params.costs, params.profit)
        return load_foreign_policy(path, feature_contract(params.build_features), rules)
    return load_policy(path)


def policy_sha256(path: Path) -> str:
    """Hash of a policy's file; of a folder, that of its weights."""
    return sha256_file(path / OWN_NAMES[0] if path.is_dir() else path)


def read_market(path: Path, features: FeatureParams) -> MarketTables:
    """Compute the features of all tickers in a file of bars.

    Args:
        path: Parquet or CSV.
        features: Windows.

    Raises:
        DataError: The file cannot be read, or a bar in it cannot be used.
    """
    found = read_bar_file(path, date.max)
    groups = {str(ticker): own.reset_index(drop=True) for ticker, own in found.bars.groupby("ticker", sort=True)}
    if not groups:
        raise DataError(f"{path} holds no bar; expected one row per ticker and session")
    tables = {}
    with progress("features", len(groups)) as bar:
        for step, (ticker, own) in enumerate(groups.items(), start=1):
            tables[ticker] = build_table(own, features)
            bar.update(step)
    return MarketTables(tables, sha256_file(path), found.notes)
