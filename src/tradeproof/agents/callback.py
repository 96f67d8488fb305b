"""What happens between two updates of PPO: metrics are told, and the best weights on validation are kept."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback

from tradeproof.agents.vector_env import BatchedVecEnv
from tradeproof.progress import Progress

Log = Callable[[Mapping[str, float], int], None]

GROWTH = "validation/log_growth"
# what is told, by the name stable-baselines3 keeps it under
RECORDED = {
    "train/approx_kl": "train/approx_kl",
    "train/explained_variance": "train/explained_variance",
    "train/value_loss": "train/value_loss",
    "train/policy_loss": "train/policy_gradient_loss",
}
ENTROPY, ENTROPY_LOSS = "train/entropy", "train/entropy_loss"
WATCHED = {"reward": "train/reward", "approx_kl": "train/approx_kl", "validation": GROWTH}


class ValidationCallback(BaseCallback):
    """Tells the metrics of every update and validates every few of them.

    Args:
        env: What is trained in.
        validate: Trades the validation split with the present weights.
        validate_every: Updates between two validations; the last update is always validated.
        updates: Updates in all.
        log: Takes metrics and the step.
        bar: Shows progress.
        offset: Steps that the bar has shown before this training.
    """

    def __init__(
        self,
        env: BatchedVecEnv,
        validate: Callable[[], Mapping[str, float]],
        validate_every: int,
        updates: int,
        log: Log,
        bar: Progress,
        offset: int,
    ) -> None:
        super().__init__(verbose=0)
        self._env, self._validate, self._every, self._updates = env, validate, validate_every, updates
        self._log, self._bar, self._offset = log, bar, offset
        self._done = 0
        self._validation: Mapping[str, float] = {}
        self._started = time.monotonic()
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, float] | None = None
        self.best_weights: dict[str, torch.Tensor] = {}

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps > 0:
            self._after_update()
        self._started = time.monotonic()

    def _on_training_end(self) -> None:
        self._after_update()

    def _after_update(self) -> None:
        seconds = time.monotonic() - self._started
        self._done += 1
        found = self.model.logger.name_to_value
        reward, growth = self._env.take_means()
        metrics = {
            "train/reward": reward,
            "train/equity": growth * self._env.episodes.length,
            **{name: float(found[kept]) for name, kept in RECORDED.items()},
            ENTROPY: -float(found[ENTROPY_LOSS]),
            "train/steps_per_second": self.model.rollout_buffer.buffer_size * self._env.num_envs / max(seconds, 1e-9),
        }
        if self._done % self._every == 0 or self._done == self._updates:
            self._validation = self._validate()
            self._keep(dict(self._validation))
            metrics |= self._validation
        self._log(metrics, self.num_timesteps)
        shown: dict[str, Any] = metrics | dict(self._validation)
        self._bar.update(
            self._offset + self.num_timesteps, {short: shown[name] for short, name in WATCHED.items() if name in shown}
        )

    def _keep(self, metrics: dict[str, float]) -> None:
        row = {"step": float(self.num_timesteps), **metrics}
        self.curve.append(row)
        if self.best is None or row[GROWTH] > self.best[GROWTH]:
            self.best = row
            state = self.model.policy.state_dict()
            self.best_weights = {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}
