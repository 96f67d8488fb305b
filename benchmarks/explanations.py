"""How long 10,000 explained decisions take, with attributions, counterfactuals and every claim checked.

Run it with `python benchmarks/explanations.py`; it takes about two minutes. A policy with random weights trades real
daily bars of 30 stocks where ../shared/market holds them, else simulated ones; what is timed begins with the policy and
the feature tables and ends with the bytes of the three files. The aim is at most 60 s on two cores. A trained policy
takes as long: the work is the same. Mind the load, as everything here is arithmetic.

The last line is one JSON object.
"""

import json
import os
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tradeproof.agents.generation import Request, generate_dataset
from tradeproof.agents.policy import Moments, TradingPolicy, build_network
from tradeproof.data.barfile import read_bar_file
from tradeproof.data.sources.simulated import simulate_ticker
from tradeproof.envs.observation import POSITION_STATE, observation_contract
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.market.rules import TradingRules
from tradeproof.params import load_params
from tradeproof.params.schema import AllParams

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_BARS = REPOSITORY.parent / "shared" / "market" / "us30_daily_1999_2019.parquet"
SAMPLES = 10_000
LIMIT_SECONDS = 60.0


def main() -> None:
    params = load_params(REPOSITORY / "params.yaml")
    source, bars = market(params)
    tables = {
        str(ticker): build_table(own.reset_index(drop=True), params.build_features)
        for ticker, own in bars.groupby("ticker")
    }
    policy = random_policy(params, tables)
    settings = params.generate_explanations.model_copy(update={"num_samples": SAMPLES})
    request = Request(settings, params.split.purged_size, params.split.train_end, params.seed)
    print(f"{len(tables)} tickers, {len(bars)} {source} bars; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    generate_dataset(policy, {key: tables[key] for key in list(tables)[:2]}, small(request), {})  # compiles what is new
    started = time.perf_counter()
    found = generate_dataset(policy, tables, request, {})
    seconds = time.perf_counter() - started
    claims = found.audit["claims"]
    print(f"{'rows':>8} {'claims':>8} {'false':>6} {'unverifiable':>13} {'seconds':>8} {'rows/s':>7}")
    print(
        f"{SAMPLES:>8} {claims['true']:>8} {claims['false']:>6} {claims['unverifiable']:>13} {seconds:>8.1f} "
        f"{SAMPLES / seconds:>7.0f}"
    )
    result = {"name": "explanations", "unit": "s", "ours": round(seconds, 1), "limit": LIMIT_SECONDS}
    print(json.dumps({**result, "samples": SAMPLES, "claims": claims, "bars": source, "tickers": len(tables)}))


def small(request: Request) -> Request:
    """The same with few rows."""
    return Request(
        request.params.model_copy(update={"num_samples": 50}), request.purged, request.train_end, request.seed
    )


def market(params: AllParams) -> tuple[str, pd.DataFrame]:
    """Bars, and what they are."""
    if REAL_BARS.is_file():
        return "real", read_bar_file(REAL_BARS, date.max).bars
    days = pd.bdate_range("1999-01-04", periods=5000).as_unit("us")
    tickers = [f"SIM{number:02}" for number in range(30)]
    bars = [simulate_ticker(ticker, days, params.data.simulated, params.seed) for ticker in tickers]
    return "simulated", pd.concat(bars, ignore_index=True)


def random_policy(params: AllParams, tables: dict[str, pd.DataFrame]) -> TradingPolicy:
    """A policy of the default size that takes every action, standardised as a trained one is."""
    features = feature_contract(params.build_features)
    rows = np.concatenate([own.loc[own["ready"], list(features.names)].to_numpy() for own in tables.values()])
    state = len(POSITION_STATE)
    moments = Moments(
        np.concatenate([rows.mean(axis=0), np.zeros(state)]), np.concatenate([rows.std(axis=0), np.ones(state)])
    )
    contract = observation_contract(features)
    network = build_network(contract, params.train_ppo.net_arch, moments)
    generator = torch.Generator().manual_seed(params.seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(0.0, 0.2, generator=generator)
    rules = TradingRules.from_params(params.costs, params.profit)
    return TradingPolicy(network, contract, features, rules, tuple(params.train_ppo.net_arch), {})


if __name__ == "__main__":
    main()
