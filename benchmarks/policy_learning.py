"""Does the trader learn what can be known, and earn nothing where nothing can be known?

Run it with `python benchmarks/policy_learning.py`; it takes about four minutes on two cores. Markets are drawn by the
simulator of `data/sources/simulated.py` without an edge, in which no rule can earn before costs; each seed is another
market. Everything else is as the repository's params have it.

Cheat: the features, and beside them log(open[t+2] / open[t+1]), which is what a position decided at t earns first. The
policy is trained with the default budget and trades the test split, which it has never seen. It stands against an
oracle that reads the same number: buy above one threshold, sell below another, chosen on the training split from a
grid, under the same costs and rules; and against a plan with full foresight of all later bars (dynamic programming over
flat and long, replayed in the same accounts; the plan itself knows no stops). Without costs the oracle is the sign, up
to the step of the grid.

No edge: the features alone. In how many markets the policy's test split ends above cash, whether that is more than
chance (binomial test), and whether the mean log growth is above zero (t-test); both one-sided.
The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from tradeproof.agents.training import split_bars, train_policy
from tradeproof.agents.validation import SplitTrial
from tradeproof.data.calendar import sessions
from tradeproof.data.sources.simulated import simulate_ticker
from tradeproof.data.splits import TEST, TRAIN
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.observation import BUY, HOLD, SELL, observation_contract
from tradeproof.envs.series import MarketSeries, market_series
from tradeproof.features.contract import READY, FeatureContract, feature_contract
from tradeproof.features.table import build_table
from tradeproof.market.rules import TradingRules
from tradeproof.params import AllParams, load_params

ROOT = Path(__file__).resolve().parents[1]
NEXT_RETURN = "next_return"
TICKERS = ("AAA", "BBB")
FIRST_SEED = 500  # markets that nothing was chosen on
SHORT = 65_536  # decisions of a training on a market without an edge
SIGNIFICANT = 0.05
WANTED = 0.9  # share of the oracle's log growth
THRESHOLDS = np.linspace(-0.01, 0.01, 33)  # log return, among them 0


@dataclass(frozen=True)
class Cheat:
    """Log growth over the test split, both tickers in one pool."""

    seed: int
    costs: bool
    policy: float
    oracle: float
    foresight: float
    buy_above: float
    sell_below: float
    seconds: float

    @property
    def share(self) -> float:
        """Of the oracle's log growth."""
        return self.policy / self.oracle


def main() -> None:
    arguments = read_arguments()
    params = load_params(ROOT / "params.yaml")
    cheats = [(params, FIRST_SEED + place, costs) for costs in (False, True) for place in range(arguments.cheats)]
    plain = [(params, FIRST_SEED + place, costs) for costs in (False, True) for place in range(arguments.markets)]
    with ProcessPoolExecutor(arguments.processes) as pool:
        learned = list(pool.map(cheat, *zip(*cheats, strict=True)))
        show_cheats(learned)
        growths = list(pool.map(no_edge, *zip(*plain, strict=True)))
    found = {"without costs": growths[: arguments.markets], "with costs": growths[arguments.markets :]}
    chances = {name: chance(values) for name, values in found.items()}
    show_chances(chances)
    print(json.dumps(summary(learned, chances)))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cheats", type=int, default=3, help="markets in which the next return is shown")
    parser.add_argument("--markets", type=int, default=20, help="markets without an edge")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def cheat(params: AllParams, seed: int, costs: bool) -> Cheat:
    """Train on a market that shows the next return, and trade its test split."""
    if not costs:
        params = params.model_copy(
            update={"costs": params.costs.model_copy(update={"commission": 0.0, "slippage": 0.0})}
        )
    tables, features = simulated_market(params, seed, shows_next_return=True)
    started = time.perf_counter()
    trained = train_policy(tables, features, params, seed, silent)
    seconds = time.perf_counter() - started
    series = market_series(tables, features)
    rules = TradingRules.from_params(params.costs, params.profit)
    test, train = (split_bars(series, params.split, name) for name in (TEST, TRAIN))
    policy = SplitTrial(series, test, observation_contract(features), rules).run(trained.policy).log_growth
    low, high = fit_thresholds(series, features, rules, train)
    return Cheat(
        seed=seed,
        costs=costs,
        policy=policy,
        oracle=float(threshold_growth(series, features, rules, test, np.array([low]), np.array([high]))[0]),
        foresight=foresight_growth(series, features, rules, test),
        buy_above=high,
        sell_below=low,
        seconds=seconds,
    )


def no_edge(params: AllParams, seed: int, costs: bool) -> float:
    """Log growth over the test split of a policy trained where nothing can be known."""
    short = params.train_ppo.model_copy(update={"total_timesteps": SHORT})
    free = params.costs if costs else params.costs.model_copy(update={"commission": 0.0, "slippage": 0.0})
    params = params.model_copy(update={"train_ppo": short, "costs": free})
    tables, features = simulated_market(params, seed, shows_next_return=False)
    trained = train_policy(tables, features, params, seed, silent)
    series = market_series(tables, features)
    rules = TradingRules.from_params(params.costs, params.profit)
    test = split_bars(series, params.split, TEST)
    return SplitTrial(series, test, observation_contract(features), rules).run(trained.policy).log_growth


def simulated_market(
    params: AllParams, seed: int, shows_next_return: bool
) -> tuple[dict[str, pd.DataFrame], FeatureContract]:
    """Feature tables of two simulated tickers without an edge, and their contract."""
    days = sessions(params.universe.calendar, params.data.start, params.data.end)
    law = params.data.simulated.model_copy(update={"edge": 0.0})
    tables = {
        ticker: build_table(simulate_ticker(ticker, days, law, seed).astype({"ticker": "str"}), params.build_features)
        for ticker in TICKERS
    }
    contract = feature_contract(params.build_features)
    if shows_next_return:
        contract = replace(
            contract,
            names=(*contract.names, NEXT_RETURN),
            definitions=(*contract.definitions, "log(open two bars on / next open): the future, for a test"),
            dtypes=(*contract.dtypes, "float64"),
            hash="shows the next return",
        )
        tables = {ticker: with_next_return(table, contract) for ticker, table in tables.items()}
    return tables, contract


def with_next_return(table: pd.DataFrame, contract: FeatureContract) -> pd.DataFrame:
    shown = table.assign(**{NEXT_RETURN: np.log(table["open"].shift(-2) / table["open"].shift(-1))})
    shown[READY] &= shown[NEXT_RETURN].notna()
    return shown[list(contract.columns)]


def fit_thresholds(
    series: MarketSeries, features: FeatureContract, rules: TradingRules, train: np.ndarray
) -> tuple[float, float]:
    """The best (sell below, buy above) on the training split."""
    pairs = np.array([(low, high) for high in THRESHOLDS for low in THRESHOLDS if low <= high])
    growth = threshold_growth(series, features, rules, train, pairs[:, 0], pairs[:, 1])
    low, high = pairs[np.argmax(growth)]
    return float(low), float(high)


def threshold_growth(
    series: MarketSeries,
    features: FeatureContract,
    rules: TradingRules,
    allowed: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
) -> np.ndarray:
    """Pooled log growth of the rules "sell below low, buy above high", one per pair."""
    shown = series.features[:, features.names.index(NEXT_RETURN)].astype(np.float64)
    low, high = np.tile(lows, len(series.tickers)), np.tile(highs, len(series.tickers))

    def decide(bars: np.ndarray) -> np.ndarray:
        return np.where(shown[bars] > high, BUY, np.where(shown[bars] < low, SELL, HOLD))

    return pooled_growth(series, features, rules, allowed, len(lows), decide)


def foresight_growth(
    series: MarketSeries, features: FeatureContract, rules: TradingRules, allowed: np.ndarray
) -> float:
    """Pooled log growth of the plan that knows all later returns."""
    shown = series.features[:, features.names.index(NEXT_RETURN)].astype(np.float64)
    plan = np.full(len(shown), SELL)
    for place in range(len(series.tickers)):
        span = np.arange(series.starts[place], series.starts[place + 1])
        bars = span[(allowed & series.ready)[span]]
        plan[bars] = plan_of(shown[bars], rules)
    return float(pooled_growth(series, features, rules, allowed, 1, lambda bars: plan[bars])[0])


def plan_of(returns: np.ndarray, rules: TradingRules) -> np.ndarray:
    """Buy or sell at each bar so that the log growth of flat-or-long is largest, costs included."""
    size = rules.max_position_size
    entry = np.log1p(-size * ((1 + rules.slippage) * (1 + rules.commission) - 1))
    leave = np.log1p(-size * (1 - (1 - rules.slippage) * (1 - rules.commission)))
    gains = np.log1p(size * np.expm1(returns))
    choices = np.empty((len(returns), 2), np.int64)
    flat = long = 0.0
    for bar in reversed(range(len(returns))):
        held = gains[bar] + long
        choices[bar] = BUY if held + entry > flat else SELL, BUY if held > flat + leave else SELL
        flat, long = max(flat, held + entry), max(held, flat + leave)
    actions = np.empty(len(returns), np.int64)
    state = 0
    for bar, choice in enumerate(choices):
        actions[bar] = choice[state]
        state = int(actions[bar] == BUY)
    return actions


def pooled_growth(
    series: MarketSeries,
    features: FeatureContract,
    rules: TradingRules,
    allowed: np.ndarray,
    copies: int,
    decide: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Log growth of `copies` pools of one account per ticker, from its first to its last decision in a split."""
    spans = [np.arange(*series.starts[place : place + 2]) for place in range(len(series.tickers))]
    ready = [span[(allowed & series.ready)[span]] for span in spans]
    first, last = (np.repeat([bars[place] for bars in ready], copies) for place in (0, -1))
    market = BatchedMarket(series, observation_contract(features), rules, len(first), 0.0)
    market.restart(np.arange(len(first)), first, last)
    while not (market.terminated | market.truncated).all():
        market.step(decide(market.accounts.bar))
    return np.log(market.growth.reshape(len(spans), copies).mean(axis=0))


def chance(growths: list[float]) -> dict[str, float]:
    """What 20 growths say about growth: counts, means, and one-sided tests against none."""
    above = sum(growth > 0.0 for growth in growths)
    mean = float(np.mean(growths))
    moved = np.std(growths) > 0.0
    return {
        "markets": len(growths),
        "above_cash": above,
        "binomial_p": float(stats.binomtest(above, len(growths), 0.5, alternative="greater").pvalue),
        "mean_log_growth": mean,
        "t_test_p": float(stats.ttest_1samp(growths, 0.0, alternative="greater").pvalue) if moved else 1.0,
    }


def silent(metrics: object, step: int) -> None:
    """Forget the metrics of training."""


def show_cheats(cheats: list[Cheat]) -> None:
    print("next return shown: log growth over the test split")
    for row in cheats:
        print(
            f"  seed {row.seed} {'with costs   ' if row.costs else 'without costs'} policy {row.policy:7.3f}  oracle "
            f"{row.oracle:7.3f} (buy above {row.buy_above:+.4f}, sell below {row.sell_below:+.4f})  share "
            f"{row.share:6.1%}  of full foresight {row.policy / row.foresight:6.1%}  training {row.seconds:.0f} s"
        )


def show_chances(chances: dict[str, dict[str, float]]) -> None:
    print("no edge: test split against cash")
    for name, row in chances.items():
        print(
            f"  {name:<14} {row['above_cash']} of {row['markets']} markets above cash (binomial p "
            f"{row['binomial_p']:.2f}), mean log growth {row['mean_log_growth']:+.4f} (t-test p {row['t_test_p']:.2f})"
        )


def summary(cheats: list[Cheat], chances: dict[str, dict[str, float]]) -> dict[str, object]:
    learned = min(row.share for row in cheats) >= WANTED
    beaten = [row["binomial_p"] < SIGNIFICANT or row["t_test_p"] < SIGNIFICANT for row in chances.values()]
    return {
        "name": "policy_learning",
        "unit": "share of the oracle's log growth",
        "least_share": round(min(row.share for row in cheats), 4),
        "cheats": [asdict(row) | {"share": row.share} for row in cheats],
        "no_edge": chances,
        "learns": bool(learned),
        "beats_cash_by_more_than_chance": any(beaten),
    }


if __name__ == "__main__":
    main()
