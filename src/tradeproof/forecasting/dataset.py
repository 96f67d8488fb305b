"""Training sequences from feature tables: which bars are looked at, and which of their labels count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from tradeproof.data.splits import assign_splits
from tradeproof.errors import DataError
from tradeproof.features.contract import READY, VOLATILITY, FeatureContract
from tradeproof.features.labels import forward_returns
from tradeproof.params.schema import SplitParams

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

# features are of order one: a deviation this small is rounding
STILL_FEATURE = 1e-6


@dataclass(frozen=True)
class Supervision:
    """One ticker's bars up to the last one of a split, and the labels of that split.

    Attributes:
        ticker: Whose bars.
        features: As the feature table holds them, [bar, feature]; NaN in warm-up.
        ready: Bars whose features are known, [bar].
        labels: Log return to bar t + horizon over volatility x sqrt(horizon), both of bar t, [bar, horizon]; 0 where
            the label does not count. Knowable at t + horizon.
        label_mask: Labels of the split, [bar, horizon]. Earlier bars are context only; later ones are not here.
    """

    ticker: str
    features: Floats
    ready: Flags
    labels: Floats
    label_mask: Flags

    @property
    def first(self) -> int:
        """The first bar with a label that counts."""
        return int(np.argmax(self.label_mask.any(axis=1)))


def supervise(
    table: pd.DataFrame, contract: FeatureContract, horizons: Sequence[int], split: SplitParams, part: str
) -> Supervision:
    """Cut what one ticker offers to training or to validation out of its feature table.

    A label counts when its bar belongs to the split, is ready, and the return ahead is known. The purge of the split
    keeps every label's horizon inside it.

    Args:
        table: Feature table of one ticker.
        contract: What the columns of the table mean.
        horizons: Bars ahead, one label each.
        split: Boundaries; its purge is at least as long as the longest horizon.
        part: Name of the split, such as "train".

    Raises:
        ContractError: The table is not the contract's.
        DataError: No label counts, or the purge is shorter than a horizon.
    """
    contract.check(table)
    ticker = str(table["ticker"].iloc[0]) if len(table) else "table"
    if split.purged_size < max(horizons):
        raise DataError(
            f"split.purged_size is {split.purged_size}, expected at least the longest horizon {max(horizons)}: a "
            "shorter gap lets labels reach into the next split"
        )
    ready = table[READY].to_numpy(dtype=np.bool_)
    labels = standardised_returns(table, horizons)
    members = assign_splits(table["date"].to_numpy(), split) == part
    label_mask = np.isfinite(labels) & (ready & members)[:, None]
    if not label_mask.any():
        raise DataError(
            f"{ticker} has no bar to learn from in the {part} split ({int(members.sum())} bars, none ready with a "
            "known label); move split.train_end or split.validation_end, ask for more bars (data.start) or leave it out"
        )
    end = int(np.flatnonzero(label_mask.any(axis=1))[-1]) + 1
    return Supervision(
        ticker=ticker,
        features=table[list(contract.names)].to_numpy(dtype=np.float32)[:end],
        ready=ready[:end],
        labels=np.where(label_mask, labels, 0.0).astype(np.float32)[:end],
        label_mask=label_mask[:end],
    )


def standardised_returns(table: pd.DataFrame, horizons: Sequence[int]) -> NDArray[np.float64]:
    """Returns ahead in units of what the bar's own volatility would spread them by, [bar, horizon]; NaN at the end."""
    returns = forward_returns(table["close"].to_numpy(dtype=np.float64), horizons)
    with np.errstate(divide="ignore", invalid="ignore"):
        return returns / spreads(table, horizons)


def spreads(table: pd.DataFrame, horizons: Sequence[int]) -> NDArray[np.float64]:
    """Trailing volatility x sqrt(horizon): the unit of the model's quantiles, knowable at the bar, [bar, horizon]."""
    return np.outer(table[VOLATILITY].to_numpy(dtype=np.float64), np.sqrt(horizons))


def empirical_quantiles(pieces: Sequence[Supervision], levels: Sequence[float]) -> NDArray[np.float64]:
    """Quantiles of the labels that count, pooled over tickers: the historical-volatility forecast, [horizon, level]."""
    pooled = []
    for horizon in range(pieces[0].labels.shape[1]):
        labels = [piece.labels[piece.label_mask[:, horizon], horizon] for piece in pieces]
        pooled.append(np.quantile(np.concatenate(labels).astype(np.float64), levels))
    return np.stack(pooled)


def feature_moments(pieces: Sequence[Supervision]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each feature over the bars whose labels count, pooled over tickers, [feature].

    A feature that never moves gets the deviation 1.
    """
    features = np.concatenate([piece.features[piece.label_mask.any(axis=1)] for piece in pieces]).astype(np.float64)
    deviation = features.std(axis=0)
    still = deviation <= STILL_FEATURE
    return features.mean(axis=0).astype(np.float32), np.where(still, 1.0, deviation).astype(np.float32)


class SequenceDataset(Dataset[Mapping[str, Tensor]]):
    """A fixed list of training sequences, drawn once from a seed: item i is the same in every run.

    An epoch cuts each ticker's labelled bars into sequences from a random offset on, so that every label is seen
    exactly once with a context of random length; epochs follow each other until there are `count` sequences.
    """

    def __init__(self, pieces: Sequence[Supervision], sequence_length: int, count: int, seed: int) -> None:
        self._pieces = [_with_margins(piece, sequence_length) for piece in pieces]
        self._length = sequence_length
        spans = [(piece.first, len(piece.ready)) for piece in pieces]
        self.starts = draw_starts(spans, sequence_length, count, np.random.default_rng(seed))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> Mapping[str, Tensor]:
        piece, start = self.starts[index]
        begin = start + self._length  # the margin in front
        return {name: tensor[begin : begin + self._length] for name, tensor in self._pieces[piece].items()}


def draw_starts(
    spans: Sequence[tuple[int, int]], sequence_length: int, count: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Draw (ticker, first bar) of `count` sequences; a sequence may begin before bar 0 or end after the last.

    Args:
        spans: First labelled bar and the bar after the last, per ticker.
        sequence_length: Bars per sequence.
        count: Sequences to draw, over as many epochs as that takes.
        generator: Source of the offsets and of the order.

    Returns:
        [sequence, 2].
    """
    epochs: list[NDArray[np.int64]] = []
    while sum(map(len, epochs)) < count:
        epochs.append(_draw_epoch(spans, sequence_length, generator))
    return np.concatenate(epochs)[:count]


def count_sequences(pieces: Sequence[Supervision], sequence_length: int, epochs: int, seed: int) -> int:
    """Sequences that `SequenceDataset` cuts with this seed until each label was seen `epochs` times."""
    spans, generator = [(piece.first, len(piece.ready)) for piece in pieces], np.random.default_rng(seed)
    return sum(len(_draw_epoch(spans, sequence_length, generator)) for _ in range(epochs))


def _draw_epoch(
    spans: Sequence[tuple[int, int]], sequence_length: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    epoch = []
    for ticker, (first, end) in enumerate(spans):
        starts = np.arange(first - int(generator.integers(sequence_length)), end, sequence_length)
        epoch.append(np.column_stack([np.full(len(starts), ticker), starts]))
    return generator.permutation(np.concatenate(epoch))


def _with_margins(piece: Supervision, margin: int) -> dict[str, Tensor]:
    """A ticker's arrays as tensors, with `margin` bars that are not ready in front and behind."""
    arrays = {
        "features": piece.features,
        "ready": piece.ready,
        "labels": piece.labels,
        "label_mask": piece.label_mask,
    }
    return {
        name: torch.from_numpy(np.pad(array, [(margin, margin), *[(0, 0)] * (array.ndim - 1)]))
        for name, array in arrays.items()
    }
