"""What training moves: all weights of a model, or something smaller that a plain model can be made from."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor, nn

from tradeproof.forecasting.model import PriceForecaster

State = Mapping[str, Tensor]


class Trainee(Protocol):
    """A model in training, and how its state becomes the weights of a plain `PriceForecaster`."""

    @property
    def model(self) -> nn.Module:
        """What the optimiser sees; forward as `PriceForecaster`."""

    def state(self) -> dict[str, Tensor]:
        """A copy of what training moves, on the CPU."""

    def plain(self, state: State) -> dict[str, Tensor]:
        """The weights of the plain model in that state."""


class WholeModel:
    """Every weight is trained."""

    def __init__(self, model: PriceForecaster) -> None:
        self._model = model

    @property
    def model(self) -> PriceForecaster:
        """The model itself."""
        return self._model

    def state(self) -> dict[str, Tensor]:
        """All weights."""
        return copied(self._model.state_dict())

    def plain(self, state: State) -> dict[str, Tensor]:
        """The state is the weights."""
        return dict(state)


def copied(weights: State) -> dict[str, Tensor]:
    """Copies on the CPU that no later step changes."""
    return {name: weight.detach().cpu().clone() for name, weight in weights.items()}
