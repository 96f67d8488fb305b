"""Training of a policy with PPO (Schulman et al. 2017, arXiv:1707.06347) by stable-baselines3."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger

from tradeproof.agents.callback import GROWTH, Log, ValidationCallback
from tradeproof.agents.policy import Moments, TradingPolicy, policy_arguments, trading_policy
from tradeproof.agents.validation import SplitTrial
from tradeproof.agents.vector_env import BatchedVecEnv
from tradeproof.data.splits import TRAIN, VALIDATION, assign_splits
from tradeproof.envs.batch import STATES, BatchedMarket
from tradeproof.envs.episodes import episodes
from tradeproof.envs.observation import observation_contract
from tradeproof.envs.series import Flags, MarketSeries, market_series
from tradeproof.errors import DataError
from tradeproof.features.contract import FeatureContract
from tradeproof.market.rules import TradingRules
from tradeproof.params.schema import AllParams, SplitParams, TrainPpoParams
from tradeproof.progress import Progress, progress
from tradeproof.runtime.seeding import seed_everything


@dataclass(frozen=True)
class TrainedPolicy:
    """A policy after training, with the weights that did best on validation.

    Attributes:
        policy: On the CPU.
        seed: It was trained with.
        metrics: Of these weights on the validation split.
        curve: Every validation, one row per step.
        best_step: Decisions after which the weights were taken.
    """

    policy: TradingPolicy
    seed: int
    metrics: Mapping[str, float]
    curve: pd.DataFrame
    best_step: int


@dataclass(frozen=True)
class TrainedPolicies:
    """The policies of all seeds.

    Attributes:
        policies: In the order of their seeds.
        chosen: Place of the one with the highest log growth on validation; of equals, the first.
    """

    policies: tuple[TrainedPolicy, ...]
    chosen: int

    @property
    def best(self) -> TrainedPolicy:
        """The chosen one."""
        return self.policies[self.chosen]


def train_policies(
    tables: Mapping[str, pd.DataFrame], features: FeatureContract, params: AllParams, logs: Mapping[int, Log]
) -> TrainedPolicies:
    """Train with the seeds params.seed, params.seed + 1, ...

    Args:
        tables: Feature tables by ticker.
        features: Their contract.
        params: All params; train_ppo, split, costs, profit and seed are read.
        logs: By seed, what takes its metrics and the step.
    """
    seeds = [params.seed + place for place in range(params.train_ppo.seeds)]
    market = TrainingMarket.of(tables, features, params)
    steps = _updates(params.train_ppo) * _between_updates(params.train_ppo)
    with progress("train_ppo", steps * len(seeds)) as bar:
        trained = tuple(
            _train(market, params, seed, logs[seed], bar, place * steps) for place, seed in enumerate(seeds)
        )
    growths = [policy.metrics[GROWTH] for policy in trained]
    return TrainedPolicies(trained, int(np.argmax(growths)))


def train_policy(
    tables: Mapping[str, pd.DataFrame], features: FeatureContract, params: AllParams, seed: int, log: Log
) -> TrainedPolicy:
    """Train one policy; the same seed gives the same weights on one machine.

    Episodes stay on bars of the training split, and so do the moments that observations are standardised with; the
    weights are chosen by the validation split; the test split is never looked at.

    Args:
        tables: Feature tables by ticker.
        features: Their contract.
        params: All params; train_ppo, split, costs and profit are read.
        seed: Of the weights, the actions and the starts of episodes.
        log: Takes metrics and the step.

    Raises:
        ContractError: Tables of another contract.
        DataError: A split without decisions.
    """
    market = TrainingMarket.of(tables, features, params)
    with progress("train_ppo", _updates(params.train_ppo) * _between_updates(params.train_ppo)) as bar:
        return _train(market, params, seed, log, bar, 0)


@dataclass(frozen=True)
class TrainingMarket:
    """What all seeds are trained on.

    Attributes:
        series: Prices and features of all tickers.
        features: Contract of the features.
        rules: How accounts trade.
        train: [bar], the training split.
        trial: The validation split.
        moments: Of the training split's observations.
    """

    series: MarketSeries
    features: FeatureContract
    rules: TradingRules
    train: Flags
    trial: SplitTrial
    moments: Moments

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame], features: FeatureContract, params: AllParams) -> "TrainingMarket":
        """Lay out the tables and split them."""
        series = market_series(tables, features)
        train = split_bars(series, params.split, TRAIN)
        rules = TradingRules.from_params(params.costs, params.profit)
        trial = SplitTrial(series, split_bars(series, params.split, VALIDATION), observation_contract(features), rules)
        return cls(series, features, rules, train, trial, training_moments(series, train))


def split_bars(series: MarketSeries, split: SplitParams, name: str) -> Flags:
    """[bar], whether a bar is in the split of this name."""
    parts = np.split(series.dates, series.starts[1:-1])
    return np.concatenate([assign_splits(dates, split) == name for dates in parts])


def training_moments(series: MarketSeries, train: Flags) -> Moments:
    """Mean and deviation of the features on ready bars of the training split; the position state stays as it is.

    Raises:
        DataError: There is no such bar.
    """
    rows = series.features[train & series.ready].astype(np.float64)
    if not len(rows):
        raise DataError(
            "the training split has no bar on which a decision can be made; expected some (params split.train_end, "
            "data.start)"
        )
    deviation = rows.std(axis=0)
    scale = np.where(deviation > 0.0, deviation, 1.0)
    return Moments(np.concatenate([rows.mean(axis=0), np.zeros(STATES)]), np.concatenate([scale, np.ones(STATES)]))


def _train(market: TrainingMarket, params: AllParams, seed: int, log: Log, bar: Progress, offset: int) -> TrainedPolicy:
    settings = params.train_ppo
    seed_everything(seed)
    contract = observation_contract(market.features)
    accounts = BatchedMarket(market.series, contract, market.rules, settings.num_envs, settings.drawdown_penalty)
    starts = episodes(market.series, market.train, settings.episode_bars)
    env = BatchedVecEnv(accounts, starts, np.random.default_rng(seed))
    model = _model(env, market.moments, settings, seed)

    def present() -> TradingPolicy:
        return trading_policy(model.policy, market.features, market.rules, settings.net_arch, {})

    callback = ValidationCallback(
        env,
        lambda: market.trial.run(present()).metrics("validation"),
        settings.validate_every,
        _updates(settings),
        log,
        bar,
        offset,
    )
    model.learn(settings.total_timesteps, callback=callback, log_interval=None)
    best = dict(callback.best or {})
    step = int(best.pop("step"))
    model.policy.load_state_dict(callback.best_weights)
    return TrainedPolicy(present(), seed, best, pd.DataFrame(callback.curve), step)


def _model(env: BatchedVecEnv, moments: Moments, settings: TrainPpoParams, seed: int) -> PPO:
    with warnings.catch_warnings():
        # the user chose the device
        warnings.filterwarnings("ignore", message="You are trying to run PPO on the GPU")
        model = PPO(
            "MlpPolicy",
            env,
            learning_rate=settings.learning_rate,
            n_steps=settings.n_steps,
            batch_size=settings.batch_size,
            n_epochs=settings.n_epochs,
            gamma=settings.gamma,
            gae_lambda=settings.gae_lambda,
            clip_range=settings.clip_range,
            ent_coef=settings.ent_coef,
            vf_coef=settings.vf_coef,
            max_grad_norm=settings.max_grad_norm,
            policy_kwargs=policy_arguments(moments, settings.net_arch),
            seed=seed,
            device=settings.device,
            verbose=0,
        )
    # keeps the numbers of an update and writes none of them
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def _between_updates(settings: TrainPpoParams) -> int:
    return settings.num_envs * settings.n_steps


def _updates(settings: TrainPpoParams) -> int:
    return math.ceil(settings.total_timesteps / _between_updates(settings))
