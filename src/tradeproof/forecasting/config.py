"""The shape of a price model and the features it was made for."""

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, PreTrainedConfig

from tradeproof.params.schema import TrainBaseParams

MODEL_TYPE = "tradeproof-price"


@strict
class PriceForecasterConfig(PreTrainedConfig):
    """Everything needed to rebuild a `PriceForecaster` around its weights.

    Attributes:
        feature_names: The columns of the feature table that the model reads, in order.
        contract_hash: Hash of the feature contract: names, definitions and types.
        horizons: Bars ahead that are forecast.
        quantiles: Ascending levels of each forecast, the median 0.5 among them.
        hidden_size: Width of the residual stream.
        num_layers: Attention layers.
        num_heads: Attention heads per layer.
        attention_bars: Bars each layer sees: the bar itself and those just before it.
        dropout: Share of the residual updates, and of the features of a sequence, dropped in training.
        sequence_length: Bars per training sequence; a forecast may look at a longer one.
    """

    model_type = MODEL_TYPE

    feature_names: list[str]
    contract_hash: str
    horizons: list[int]
    quantiles: list[float]
    hidden_size: int
    num_layers: int
    num_heads: int
    attention_bars: int
    dropout: float
    sequence_length: int

    def validate_architecture(self) -> None:
        """Refuse a shape that no model can have."""
        if self.hidden_size % (2 * self.num_heads):
            raise ValueError(
                f"hidden_size is {self.hidden_size}, expected a multiple of 2 x num_heads = {2 * self.num_heads}"
            )
        if 0.5 not in self.quantiles or sorted(set(self.quantiles)) != list(self.quantiles):
            raise ValueError(f"quantiles is {self.quantiles}, expected ascending levels with the median 0.5")

    @property
    def num_features(self) -> int:
        """Columns the model reads."""
        return len(self.feature_names)

    @property
    def context_bars(self) -> int:
        """Bars before t that a forecast at t depends on; what came earlier changes nothing."""
        return self.num_layers * (self.attention_bars - 1)

    @classmethod
    def from_params(
        cls, params: TrainBaseParams, feature_names: tuple[str, ...], contract_hash: str
    ) -> "PriceForecasterConfig":
        """The architecture that params ask for, on the features of a contract."""
        return cls(
            feature_names=list(feature_names),
            contract_hash=contract_hash,
            horizons=list(params.horizons),
            quantiles=list(params.quantiles),
            hidden_size=params.hidden_size,
            num_layers=params.num_layers,
            num_heads=params.num_heads,
            attention_bars=params.attention_bars,
            dropout=params.dropout,
            sequence_length=params.sequence_length,
        )


AutoConfig.register(MODEL_TYPE, PriceForecasterConfig)
