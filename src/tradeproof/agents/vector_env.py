"""The batched market as a vectorised environment of stable-baselines3."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from tradeproof.envs.batch import BatchedMarket
from tradeproof.envs.episodes import Episodes
from tradeproof.envs.observation import FloatArray
from tradeproof.envs.series import Flags, Integers
from tradeproof.envs.trading_env import decision_spaces
from tradeproof.market.prices import Floats


class BatchedVecEnv(VecEnv):
    """Many episodes at random starts, stepped together; one that ends begins anew at another start.

    The first episodes end one after the other rather than all at once: episode i of n has i / n of the whole length.

    Args:
        market: Its size is the number of episodes.
        episodes: Where they may begin.
        generator: Draws the starts; `seed` replaces it at the next reset.
    """

    def __init__(self, market: BatchedMarket, episodes: Episodes, generator: np.random.Generator) -> None:
        super().__init__(market.size, *decision_spaces(market.contract.width))
        self.market, self.episodes = market, episodes
        self._generator = generator
        self._actions: Integers = np.ones(market.size, np.int64)
        self._nothing: dict[str, Any] = {}
        self._steps, self._rewards, self._closed_growth, self._open_growth = 0, 0.0, 0.0, 0.0

    def reset(self) -> FloatArray:
        """Begin all episodes."""
        if self._seeds[0] is not None:
            self._generator = np.random.default_rng(self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        everyone = np.arange(self.num_envs)
        self._begin(everyone, 1 + everyone * self.episodes.length // self.num_envs)
        self._steps, self._rewards, self._closed_growth, self._open_growth = 0, 0.0, 0.0, 0.0
        return self.market.observe()

    def step_async(self, actions: Integers) -> None:
        """Keep what `step_wait` will do."""
        self._actions = np.ascontiguousarray(actions, dtype=np.int64)

    def step_wait(self) -> tuple[FloatArray, Floats, Flags, list[dict[str, Any]]]:
        """Step all episodes; those that end begin anew and tell their last observation in their info."""
        rewards, terminated, truncated = self.market.step(self._actions)
        seen = self.market.observe()
        done = terminated | truncated
        # nobody writes into an info: those that say nothing share one
        infos = [self._nothing] * self.num_envs
        ended = np.flatnonzero(done)
        if len(ended):
            self._closed_growth += self._growth(ended)
            for place in ended:
                infos[place] = {"terminal_observation": seen[place].copy(), "TimeLimit.truncated": truncated[place]}
            self._begin(ended, self.episodes.length)
            seen[ended] = self.market.observe(ended)
        self._steps += self.num_envs
        self._rewards += float(rewards.sum())
        return seen, rewards, done, infos

    def take_means(self) -> tuple[float, float]:
        """Mean reward and mean change of log equity per decision, since this was asked last."""
        opened = self._growth(np.arange(self.num_envs))
        steps = max(self._steps, 1)
        means = self._rewards / steps, (self._closed_growth + opened - self._open_growth) / steps
        self._steps, self._rewards, self._closed_growth, self._open_growth = 0, 0.0, 0.0, opened
        return means

    def _begin(self, places: Integers, lengths: Integers | int) -> None:
        starts = self.episodes.draw(self._generator, len(places))
        self.market.restart(places, self.episodes.bars[starts], self.episodes.ends(starts, lengths))

    def _growth(self, places: Integers) -> float:
        """Log equity that the episodes have gained since they began."""
        return float(np.log(self.market.growth[places]).sum())

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute, which all episodes share."""
        value = None if attr_name == "render_mode" else getattr(self, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:  # noqa: ARG002
        """Refuse: episodes have no attributes of their own."""
        raise AttributeError(f"{attr_name} cannot be set for single episodes: they share one market")

    def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **named: Any) -> list[Any]:  # noqa: ARG002
        """Refuse: episodes have no methods of their own."""
        raise AttributeError(f"{method_name} cannot be called on single episodes: they share one market")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> Sequence[bool]:  # noqa: ARG002
        """Episodes are never wrapped."""
        return [False for _ in self._get_indices(indices)]
