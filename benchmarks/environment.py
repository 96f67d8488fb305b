"""How fast the trading environment steps and how soon PPO learns in it, beside gym-anytrading, in one run.

Run it with `python benchmarks/environment.py`; it takes about five minutes on two cores. The peer is gym-anytrading's
StocksEnv, eight of them in stable-baselines3's DummyVecEnv.

Steps per second: random actions, drawn beforehand, on the same simulated daily bars. Ours steps the repository's number
of episodes and more, with the whole feature contract, position state, costs, stops and take-profit; the peer shows ten
bars of price and change, and books no costs in its reward. `limit` is one thread of numpy that writes the observations
and does nothing else.

Learning: a market whose best rule is known. One of the features, a sign, says which way the price is drawn between the
fill of a decision and the next one; the other features are noise, and nothing costs anything. Bars have one price, so
that fills at the open (ours) and at the close (the peer's) are the same. The optimum holds the stock when the sign is
up. In the clear market every move is one per cent the way of the sign, which a few thousand steps teach; in the noisy
one the sign draws by a fifth of a per cent, noise moves the price by one, and twelve features are noise. Both sides
learn with stable-baselines3's PPO from the same features on the same bars; after each update the clock stands still,
and the most probable actions decide on bars that were not trained on. Reached: 95 % of the optimum's expected log
growth. Several seeds; the median counts, and a run that does not get there within the patience counts with its whole
time. The peer learns with stable-baselines3's defaults and with three settings tried for it, ours with one per market.
In both the network takes most of the time: a peer with well-chosen settings gives away much less than its slower steps.
The last line is one JSON object.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
import torch
from gym_anytrading.envs import StocksEnv
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from tradeproof.agents.vector_env import BatchedVecEnv
from tradeproof.data.calendar import sessions
from tradeproof.data.sources.simulated import simulate_ticker
from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.episodes import episodes
from tradeproof.envs.observation import observation_contract
from tradeproof.envs.series import MarketSeries, market_series
from tradeproof.features.contract import FeatureContract, feature_contract
from tradeproof.features.table import build_table
from tradeproof.market.rules import TradingRules
from tradeproof.params import AllParams, load_params

ROOT = Path(__file__).resolve().parents[1]
OWN = "tradeproof"
TICKERS = ("AAA", "BBB")
PEERS = 8  # environments in the peer's DummyVecEnv
MANY = 4096  # episodes side by side, where memory is no concern
WINDOW = 10  # bars that the peer shows
REPEATS = 5
BARS, UNSEEN = 41_000, 1000  # of the planted market; the last ones are traded in tests only
CLEAR, NOISY = "clear", "noisy"
MARKETS = {CLEAR: (0.01, 0.0, 3), NOISY: (0.002, 0.01, 12)}  # draw of the sign, noise per bar, features of noise
REACHED = 0.95  # share of the optimum's log growth
PATIENCE = 20.0  # seconds of training after which a run is given up
FREE = TradingRules(
    commission=0.0,
    slippage=0.0,
    initial_capital=10_000.0,
    max_position_size=1.0,
    stop_loss=None,
    take_profit=None,
    long_short=False,
)
OURS: Mapping[str, Mapping[str, Any]] = {
    CLEAR: {"n_steps": 4, "batch_size": 1024, "n_epochs": 4, "learning_rate": 0.01, "gamma": 0.7, "gae_lambda": 0.9},
    NOISY: {"n_steps": 16, "batch_size": 2048, "n_epochs": 4, "learning_rate": 0.003, "gamma": 0.7, "gae_lambda": 0.9},
}
OUR_EPISODES = {CLEAR: 256, NOISY: 1024}
PEER_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "SB3 defaults": {},
    "short rollouts": {
        "n_steps": 64, "batch_size": 64, "n_epochs": 4, "learning_rate": 0.003, "gamma": 0.5, "gae_lambda": 0.9,
    },
    "long sight": {"n_steps": 256, "batch_size": 256, "n_epochs": 10, "learning_rate": 0.001, "gamma": 0.9},
    "large batches": {
        "n_steps": 2048, "batch_size": 2048, "n_epochs": 4, "learning_rate": 0.003, "gamma": 0.7, "gae_lambda": 0.9,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A market whose best rule is known.

    Attributes:
        prices: [bar].
        features: [bar, feature], the sign first; of bar t it tells how the price is drawn from t + 1 to t + 2.
        draw: Log return that the sign stands for.
    """

    prices: np.ndarray
    features: np.ndarray
    draw: float

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return ("sign", *(f"noise_{place}" for place in range(1, self.features.shape[1])))

    @property
    def unseen(self) -> np.ndarray:
        """Bars of the decisions that are tested."""
        return np.arange(len(self.prices) - 2 - UNSEEN, len(self.prices) - 2)

    @property
    def expected(self) -> np.ndarray:
        """[unseen decision], expected log return of being long."""
        return self.draw * self.features[self.unseen, 0]

    @property
    def optimum(self) -> float:
        """Expected log growth over the unseen bars of holding whenever the price is drawn up."""
        return float(np.maximum(self.expected, 0.0).sum())


def main() -> None:
    arguments = read_arguments()
    torch.set_num_threads(1)
    params = load_params(ROOT / "params.yaml")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run, torch on one thread")
    rates = step_rates(params)
    seconds = {market: learning_seconds(market, arguments.seeds) for market in MARKETS}
    peer = f"gym-anytrading StocksEnv, DummyVecEnv x {PEERS}"
    few = f"{OWN}, {params.train_ppo.num_envs} episodes"
    ours = max(rate for name, rate in rates.items() if name.startswith(OWN))
    print(
        json.dumps(
            {
                "name": "environment",
                "unit": "steps/s",
                "ours": round(ours),
                "peers": {peer: round(rates[peer])},
                "ratios": {
                    peer: round(ours / rates[peer], 1),
                    f"{peer}, ours with {params.train_ppo.num_envs} episodes": round(rates[few] / rates[peer], 1),
                },
                "limit": {"numpy, write the observations": round(rates["limit"])},
                "seconds_to_the_optimum": {market: rounded(found, 3) for market, found in seconds.items()},
                "ratios_of_seconds": {
                    market: rounded({name: value / found[OWN] for name, value in found.items() if name != OWN}, 1)
                    for market, found in seconds.items()
                },
            }
        )
    )


def rounded(values: Mapping[str, float], digits: int) -> dict[str, float]:
    return {name: round(value, digits) for name, value in values.items()}


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each party")
    return parser.parse_args()


def step_rates(params: AllParams) -> dict[str, float]:
    """Environment steps per second of each party; the best of several turns, taken by all parties in turn."""
    days = sessions(params.universe.calendar, params.data.start, params.data.end)
    bars = {ticker: simulate_ticker(ticker, days, params.data.simulated, 0) for ticker in TICKERS}
    few = params.train_ppo.num_envs
    envs: dict[str, tuple[VecEnv, int]] = {
        f"{OWN}, {size} episodes": (our_env(params, bars, size), 400) for size in (few, MANY)
    }
    frame = bars["AAA"].rename(columns=str.title)
    envs[f"gym-anytrading StocksEnv, DummyVecEnv x {PEERS}"] = (
        DummyVecEnv([lambda: StocksEnv(frame, WINDOW, (WINDOW, len(frame)))] * PEERS),
        1000,
    )
    runs = {name: random_walk(env, steps) for name, (env, steps) in envs.items()}
    width = envs[f"{OWN}, {few} episodes"][0].observation_space.shape[0]
    runs["limit"] = writing(few, width)
    best = dict.fromkeys(runs, 0.0)
    for _ in range(REPEATS):
        for name, run in runs.items():
            best[name] = max(best[name], run())
    print("environment steps with random actions")
    for name, rate in best.items():
        print(f"  {name:<46} {rate / 1e3:>12.1f} thousand steps/s")
    return best


def our_env(params: AllParams, bars: Mapping[str, pd.DataFrame], size: int) -> BatchedVecEnv:
    features = feature_contract(params.build_features)
    tables = {
        ticker: build_table(found.astype({"ticker": "str"}), params.build_features) for ticker, found in bars.items()
    }
    series = market_series(tables, features)
    rules = TradingRules.from_params(params.costs, params.profit)
    return vector_env(series, features, rules, np.ones(len(series.ready), np.bool_), size)


def vector_env(
    series: MarketSeries, features: FeatureContract, rules: TradingRules, allowed: np.ndarray, size: int
) -> BatchedVecEnv:
    market = BatchedMarket(series, observation_contract(features), rules, size, 0.0)
    return BatchedVecEnv(market, episodes(series, allowed, 250), np.random.default_rng(0))


def random_walk(env: VecEnv, steps: int) -> Callable[[], float]:
    """A function that takes so many steps and says how many single environments stepped per second."""
    actions = np.random.default_rng(1).integers(0, env.action_space.n, (steps, env.num_envs))
    env.reset()
    env.step(actions[0])

    def run() -> float:
        started = time.perf_counter()
        for row in actions:
            env.step(row)
        return steps * env.num_envs / (time.perf_counter() - started)

    return run


def writing(size: int, width: int) -> Callable[[], float]:
    """One thread of numpy that copies observations and does nothing else."""
    source = np.ones((size, width), np.float32)

    def run() -> float:
        started = time.perf_counter()
        for _ in range(2000):
            source.copy()
        return 2000 * size / (time.perf_counter() - started)

    return run


def learning_seconds(market: str, seeds: int) -> dict[str, float]:
    """Median seconds of training until the unseen bars are decided at 95 % of the optimum, by party."""
    planted = planted_market(*MARKETS[market], seed=0)
    parties: dict[str, Callable[[int], float]] = {OWN: lambda seed: our_learning(planted, market, seed)}
    for name, settings in PEER_SETTINGS.items():
        parties[name] = lambda seed, chosen=settings: peer_learning(planted, chosen, seed)
    our_learning(planted, market, 0)  # compiled code and libraries are loaded once
    print(f"{market} market: training until {REACHED:.0%} of the optimum's log growth {planted.optimum:.2f}")
    found = {}
    for name, learn in parties.items():
        seconds = [learn(seed) for seed in range(seeds)]
        found[name] = float(np.median(seconds))
        print(f"  {name:<46} {found[name]:>8.3f} s   ({', '.join(f'{value:.3f}' for value in seconds)})")
    return found


def planted_market(draw: float, noise: float, others: int, seed: int) -> Planted:
    rng = np.random.default_rng(seed)
    sign = np.where(rng.random(BARS) < 0.5, -1.0, 1.0)
    moves = noise * rng.normal(size=BARS)
    moves[2:] += draw * sign[:-2]
    prices = 100.0 * np.exp(np.cumsum(moves))
    return Planted(prices, np.column_stack([sign, rng.normal(size=(BARS, others))]), draw)


def our_learning(planted: Planted, market: str, seed: int) -> float:
    names = planted.names
    features = FeatureContract(1, names, names, ("float64",) * len(names), 0, features_params(), "planted")
    series = market_series({"AAA": planted_table(planted)}, features)
    allowed = np.arange(len(series.ready)) < planted.unseen[0]
    env = vector_env(series, features, FREE, allowed, OUR_EPISODES[market])
    exam = BatchedMarket(series, observation_contract(features), FREE, 1, 0.0)

    def growth(model: PPO) -> float:
        exam.restart([0], planted.unseen[:1], planted.unseen[-1:] + 2)
        total = 0.0
        for expected in planted.expected:
            exam.step(model.predict(exam.observe(), deterministic=True)[0])
            total += expected * (exam.accounts.shares[0] > 0.0)
        return total

    return seconds_to_optimum(env, OURS[market], seed, growth, planted.optimum)


def peer_learning(planted: Planted, settings: Mapping[str, Any], seed: int) -> float:
    known = slice(0, int(planted.unseen[0]))
    frame = pd.DataFrame({"Close": planted.prices[known]})
    shown = planted.features[known].astype(np.float32)

    class SignStocksEnv(StocksEnv):
        """The peer with signals of one's own, as its documentation shows."""

        def _process_data(self) -> tuple[np.ndarray, np.ndarray]:
            return self.df["Close"].to_numpy(dtype=np.float32), shown

    def make() -> gymnasium.Env:
        return SignStocksEnv(frame, 1, (1, len(frame)))

    def growth(model: PPO) -> float:
        seen = planted.features[planted.unseen].astype(np.float32)[:, None, :]
        actions, _ = model.predict(seen, deterministic=True)
        # its action 1 is long from the next price on, 0 is flat
        return float((planted.expected * (actions == 1)).sum())

    return seconds_to_optimum(DummyVecEnv([make] * PEERS), settings, seed, growth, planted.optimum)


def seconds_to_optimum(
    env: VecEnv, settings: Mapping[str, Any], seed: int, growth: Callable[[PPO], float], optimum: float
) -> float:
    model = PPO("MlpPolicy", env, **settings, seed=seed, device="cpu", verbose=0)
    clock = Clock(growth, REACHED * optimum)
    model.learn(10**9, callback=clock, log_interval=None)
    return clock.seconds


class Clock(BaseCallback):
    """Counts the seconds of training, not those of tests, and stops when the goal is reached or patience ends."""

    def __init__(self, growth: Callable[[PPO], float], goal: float) -> None:
        super().__init__()
        self._growth, self._goal = growth, goal
        self.seconds, self._started, self._over = 0.0, 0.0, False

    def _on_training_start(self) -> None:
        self._started = time.perf_counter()

    def _on_rollout_start(self) -> None:
        if self.num_timesteps == 0:
            return
        self.seconds += time.perf_counter() - self._started
        self._over = self._growth(self.model) >= self._goal or self.seconds > PATIENCE
        self._started = time.perf_counter()

    def _on_step(self) -> bool:
        return not self._over


def planted_table(planted: Planted) -> pd.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), planted.prices)
    signals = dict(zip(planted.names, planted.features.T, strict=True))
    count = len(planted.prices)
    dates = pd.bdate_range(date(2000, 1, 3), periods=count).as_unit("us")
    return pd.DataFrame(
        {"ticker": "AAA", "date": dates, **prices, "volume": 1e6, **signals, "volatility": 0.01, "ready": True}
    ).astype({"ticker": "str"})


def features_params():
    return load_params(ROOT / "params.yaml").build_features


if __name__ == "__main__":
    main()
