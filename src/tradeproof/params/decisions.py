"""Sections about a trader's decisions and the texts that explain them: train_ppo, generate_explanations."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from tradeproof.params.section import Params, Share

Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]


class TrainPpoParams(Params):
    """Training of the policy: PPO (Schulman et al. 2017), under the names of stable-baselines3."""

    seeds: PositiveInt
    total_timesteps: PositiveInt
    num_envs: PositiveInt
    episode_bars: Annotated[int, Field(ge=2)]
    n_steps: Annotated[int, Field(ge=2)]
    batch_size: Annotated[int, Field(ge=2)]
    n_epochs: PositiveInt
    learning_rate: PositiveFloat
    gamma: Annotated[float, Field(ge=0.0, le=1.0)]
    gae_lambda: Annotated[float, Field(ge=0.0, le=1.0)]
    clip_range: PositiveFloat
    ent_coef: Annotated[float, Field(ge=0.0)]
    vf_coef: Annotated[float, Field(ge=0.0)]
    max_grad_norm: PositiveFloat
    net_arch: Annotated[list[PositiveInt], Field(min_length=1)]
    drawdown_penalty: Annotated[float, Field(ge=0.0)]
    validate_every: PositiveInt
    device: Literal["auto", "cpu", "cuda"]

    @model_validator(mode="after")
    def _possible(self) -> "TrainPpoParams":
        steps = self.num_envs * self.n_steps
        if steps % self.batch_size:
            raise ValueError(
                f"batch_size is {self.batch_size}, expected a divisor of num_envs x n_steps = {steps}, the decisions "
                "between two updates"
            )
        if self.total_timesteps < steps:
            raise ValueError(
                f"total_timesteps is {self.total_timesteps}, expected at least num_envs x n_steps = {steps}, the "
                "decisions before the first update"
            )
        return self


class ExplanationParams(Params):
    """The dataset of explained decisions."""

    num_samples: PositiveInt
    split_ratio: Fraction
    commentary_share: Share
    chat_share: Share
    drivers: Annotated[int, Field(ge=2, le=5)]
    most_share: Annotated[float, Field(gt=0.0, le=1.0)]
    least_share: Share

    @model_validator(mode="after")
    def _possible(self) -> "ExplanationParams":
        if self.commentary_share + self.chat_share >= 1.0:
            raise ValueError(
                f"commentary_share + chat_share is {self.commentary_share + self.chat_share:g}, expected less than 1: "
                "the rest are explanations"
            )
        return self
