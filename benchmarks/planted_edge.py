"""Does the pipeline find an edge that is there, and report none where there is none?

Run it with `python benchmarks/planted_edge.py`; it takes about twenty minutes on two cores. Markets are drawn by the
simulator of `data/sources/simulated.py`, whose law plants a rule of known Sharpe ratio that holds for one bar; each
seed is another market. On every one the pipeline's own steps run with the repository's params, positions being taken
from the forecast one bar ahead: quality gate, features, base model over both tickers, one model per ticker, forecasts
of the test split, positions, simulated account after costs.

With an edge: in how many markets the fine-tuned models earn more than buy-and-hold under the same position cap.
Without one: in how many the 95 % block-bootstrap interval of the total return holds zero.
The last line is one JSON object.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from tradeproof.data.acquisition import acquire_bars
from tradeproof.data.splits import TEST, assign_splits
from tradeproof.evaluation.names import BUY_AND_HOLD_CAPPED
from tradeproof.evaluation.policies import compare_policies
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import finetune_forecaster, train_base_forecaster
from tradeproof.params import AllParams, load_params

ROOT = Path(__file__).resolve().parents[1]
MODEL = "finetuned"
CONFIDENCE = 0.95
FIRST_SEED = 100  # markets that nothing was chosen on
HORIZON = 1  # the bars that the planted rule holds for
WANTED = {True: 0.9, False: 0.95}  # share of the markets with and without an edge


@dataclass(frozen=True)
class Market:
    """What the pipeline reported of one simulated market's test split."""

    edge: float
    seed: int
    total_return: float
    low: float
    high: float
    buy_and_hold: float
    trades: int
    seconds: float

    @property
    def is_right(self) -> bool:
        """The edge was found; or, where there is none, none was reported."""
        return self.total_return > self.buy_and_hold if self.edge else self.low <= 0.0 <= self.high


def main() -> None:
    arguments = read_arguments()
    asked = [(arguments.edge, FIRST_SEED + place) for place in range(arguments.markets_with_edge)]
    asked += [(0.0, FIRST_SEED + place) for place in range(arguments.markets_without)]
    with ProcessPoolExecutor(arguments.processes) as pool:
        markets = list(pool.map(trade, *zip(*asked, strict=True)))
    show(markets)
    print(json.dumps(summary(markets, arguments.edge)))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edge", type=float, default=6.0, help="annual Sharpe ratio of the planted rule, before costs")
    parser.add_argument("--markets-with-edge", type=int, default=10)
    parser.add_argument("--markets-without", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def trade(edge: float, seed: int) -> Market:
    """Run the pipeline's steps on one market."""
    import torch

    torch.set_num_threads(1)
    started = time.perf_counter()
    params = market_params(edge, seed)
    bars = acquire_bars(params, ROOT).bars
    tables = {
        ticker: build_table(rows.reset_index(drop=True), params.build_features)
        for ticker, rows in bars.groupby("ticker", sort=False)
    }
    frame = forecasts(tables, params)
    sessions = {
        ticker: table[assign_splits(table["date"].to_numpy(), params.split) == TEST] for ticker, table in tables.items()
    }
    figures = compare_policies(tables, sessions, {MODEL: frame}, params).pooled
    own = figures[MODEL]
    return Market(
        edge=edge,
        seed=seed,
        total_return=own["total_return"],
        low=own["total_return_low"],
        high=own["total_return_high"],
        buy_and_hold=figures[BUY_AND_HOLD_CAPPED]["total_return"],
        trades=int(own["total_trades"]),
        seconds=time.perf_counter() - started,
    )


def market_params(edge: float, seed: int) -> AllParams:
    params = load_params(ROOT / "params.yaml")
    simulated = params.data.simulated.model_copy(update={"edge": edge})
    return params.model_copy(
        update={
            "data": params.data.model_copy(update={"source": "simulated", "simulated": simulated}),
            "profit": params.profit.model_copy(update={"horizon": HORIZON}),
            "evaluate": params.evaluate.model_copy(update={"confidence": CONFIDENCE}),
            "seed": seed,
        }
    )


def forecasts(tables: dict[str, pd.DataFrame], params: AllParams) -> pd.DataFrame:
    contract = feature_contract(params.build_features)
    learned = {ticker: tables[ticker] for ticker in params.train_base.tickers}
    base = train_base_forecaster(learned, contract, params, lambda _metrics, _step: None).model
    frames = []
    for ticker, table in tables.items():
        own = finetune_forecaster(base, {ticker: table}, contract, params, lambda _metrics, _step: None).model
        frames.append(forecast_table(own, table, contract, start=params.split.validation_end))
    return pd.concat(frames, ignore_index=True)


def show(markets: list[Market]) -> None:
    print(f"{'edge':>5} {'seed':>5} {'return':>9} {'95 % interval':>19} {'buy-and-hold':>13} {'trades':>7}  right")
    for market in markets:
        interval = f"{market.low:+.1%} to {market.high:+.1%}"
        print(
            f"{market.edge:5g} {market.seed:5d} {market.total_return:+9.1%} {interval:>19} "
            f"{market.buy_and_hold:+13.1%} {market.trades:7d}  {'yes' if market.is_right else 'NO'}"
        )


def summary(markets: list[Market], edge: float) -> dict[str, object]:
    found, quiet = ([m for m in markets if bool(m.edge) is has_edge] for has_edge in (True, False))
    return {
        "name": "planted_edge",
        "unit": "share of the markets in which the pipeline is right",
        "edge_sharpe_ratio": edge,
        "ours": {
            "with_edge": sum(m.is_right for m in found) / len(found) if found else None,
            "without_edge": sum(m.is_right for m in quiet) / len(quiet) if quiet else None,
        },
        "peers": {},
        "ratios": {},
        "limit": {"with_edge": WANTED[True], "without_edge": WANTED[False]},
        "markets": [asdict(market) for market in markets],
    }


if __name__ == "__main__":
    main()
