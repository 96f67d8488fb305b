"""Low-rank adapters (LoRA, arXiv:2106.09685): a fine-tuning that leaves the base weights alone until it is merged."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.weights import State, copied
from tradeproof.params.schema import FinetuneParams
from tradeproof.runtime.files import write_bytes, write_text

FOLDER = "adapter"
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
WRAPPER = "base_model.model."  # peft's name for the model inside


@dataclass(frozen=True)
class Adapter:
    """A trained adapter, as peft reads it; merged into its base it gives the model beside it.

    Attributes:
        weights: Two matrices per linear layer.
        config: Rank, scaling and the layers they belong to, as JSON.
    """

    weights: State
    config: Mapping[str, Any]


class AdaptedModel:
    """A model whose linear layers learn through adapters; its own weights, those of the head among them, stay."""

    def __init__(self, model: PriceForecaster, params: FinetuneParams) -> None:
        """Put the adapters in place; they add nothing until trained.

        Args:
            model: Taken over: its linear layers are wrapped.
            params: Rank, scaling and dropout.
        """
        from peft import LoraConfig, get_peft_model

        self._base = copied(model.state_dict())
        config = LoraConfig(
            r=params.lora_r,
            lora_alpha=params.lora_alpha,
            lora_dropout=params.lora_dropout,
            target_modules=linear_layers(model),
            bias="none",
        )
        with warnings.catch_warnings():
            # peft asks the model for a property that transformers has renamed
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            self._model = get_peft_model(model, config)
        # as it is before peft adds what differs between runs: the base model's folder on this machine
        content = {**config.to_dict(), "base_model_name_or_path": None}
        self._config: dict[str, Any] = json.loads(json.dumps(content, default=_as_json))
        self._scaling = params.lora_alpha / params.lora_r

    @property
    def model(self) -> nn.Module:
        """The model with its adapters."""
        return self._model

    def state(self) -> dict[str, Tensor]:
        """The weights of the adapters."""
        from peft import get_peft_model_state_dict

        return copied(get_peft_model_state_dict(self._model, save_embedding_layers=False))

    def plain(self, state: State) -> dict[str, Tensor]:
        """The base weights with the adapters merged into them."""
        return merge(self._base, state, self._scaling)

    def adapter(self, state: State) -> Adapter:
        """The adapter in that state, ready to be written."""
        return Adapter(dict(state), self._config)


def linear_layers(model: PriceForecaster) -> list[str]:
    """Names of the linear layers, which get an adapter each."""
    return sorted(name for name, module in model.named_modules() if isinstance(module, nn.Linear))


def merge(base: State, adapter: State, scaling: float) -> dict[str, Tensor]:
    """Add scaling x B x A to each adapted weight; a weight whose product is zero keeps its bits.

    Args:
        base: Weights of the plain model.
        adapter: A, [rank, in], and B, [out, rank], of each adapted layer, under peft's names.
        scaling: lora_alpha / lora_r.
    """
    merged = dict(base)
    for name in adapter:
        if not name.endswith(".lora_A.weight"):
            continue
        layer = name.removeprefix(WRAPPER).removesuffix(".lora_A.weight")
        change = adapter[f"{WRAPPER}{layer}.lora_B.weight"] @ adapter[name] * scaling
        weight = base[f"{layer}.weight"]
        merged[f"{layer}.weight"] = torch.where(change == 0.0, weight, weight + change)
    return merged


def save_adapter(folder: Path, adapter: Adapter) -> None:
    """Write an adapter as peft reads it; the same adapter gives the same bytes."""
    from safetensors.torch import save

    contiguous = {name: weight.contiguous() for name, weight in sorted(adapter.weights.items())}
    write_bytes(folder / WEIGHTS, save(contiguous, metadata={"format": "pt"}))
    write_text(folder / CONFIG, json.dumps(adapter.config, indent=2, sort_keys=True) + "\n")


def _as_json(value: object) -> object:
    """Peft's config holds sets, whose order differs from run to run."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
