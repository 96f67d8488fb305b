"""Training sequences: which bars are looked at, and which of their labels count."""

import numpy as np
import pandas as pd
import pytest

from toy_market import SPLIT, table_of, toy_contract
from tradeproof.errors import DataError
from tradeproof.forecasting.dataset import SequenceDataset, draw_starts, empirical_quantiles, supervise


@pytest.fixture(scope="module")
def contract(params):
    return toy_contract(params)


def test_a_label_is_the_return_ahead_over_volatility_and_the_root_of_the_horizon(contract):
    table = table_of()
    piece = supervise(table, contract, [1, 4], SPLIT, "train")
    close, bar = table["close"].to_numpy(), 100
    assert piece.labels[bar, 0] == pytest.approx(np.log(close[101] / close[100]) / 0.01, rel=1e-5)
    assert piece.labels[bar, 1] == pytest.approx(np.log(close[104] / close[100]) / (0.01 * 2.0), rel=1e-5)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_no_label_and_no_input_of_a_split_knows_a_bar_after_its_boundary(contract, part):
    table = table_of()
    boundary = pd.Timestamp(SPLIT.train_end if part == "train" else SPLIT.validation_end)
    later = (table["date"] > boundary).to_numpy()
    assert later.sum() > 100
    rewritten = table.copy()
    rewritten.loc[later, ["open", "high", "low", "close", "signal", "noise"]] *= 10.0
    before, after = (supervise(one, contract, [1, 5], SPLIT, part) for one in (table, rewritten))
    for name in ("features", "ready", "labels", "label_mask"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_only_ready_bars_of_the_split_are_supervised_and_earlier_ones_are_context(contract):
    table = table_of()
    days = table["date"]
    train = supervise(table, contract, [1, 5], SPLIT, "train")
    validation = supervise(table, contract, [1, 5], SPLIT, "validation")
    in_train = ((days <= pd.Timestamp(SPLIT.train_end)) & table["ready"]).to_numpy()
    last = np.flatnonzero(in_train)[-1]
    assert train.first == 20
    assert len(train.ready) == last - 4  # the five bars before the boundary are purged
    assert validation.first == last + 1
    assert not validation.label_mask[: last + 1].any()
    assert validation.ready[20 : last + 1].all()


def test_a_purge_shorter_than_a_horizon_is_refused(contract):
    with pytest.raises(DataError, match="purged_size is 5, expected at least the longest horizon 6"):
        supervise(table_of(), contract, [1, 6], SPLIT, "train")


def test_a_ticker_without_labels_in_a_split_is_named(contract):
    with pytest.raises(DataError, match="AAA has no bar to learn from in the validation split"):
        supervise(table_of(count=300), contract, [1], SPLIT, "validation")


def test_an_epoch_shows_every_labelled_bar_exactly_once(contract):
    pieces = [supervise(table_of(count, ticker=name), contract, [1, 5], SPLIT, "train") for count, name in
              ((1300, "AAA"), (400, "BBB"))]  # fmt: skip
    spans = [(piece.first, len(piece.ready)) for piece in pieces]
    epoch = draw_starts(spans, 32, 1, np.random.default_rng(0))
    assert len(epoch) == 1
    labels = sum(int(piece.label_mask.sum()) for piece in pieces)
    length = next(
        n for n in range(1, 100)
        if sum(int(item["label_mask"].sum()) for item in SequenceDataset(pieces, 32, n, seed=3)) >= labels
    )  # fmt: skip
    items = list(SequenceDataset(pieces, 32, length, seed=3))
    seen = np.concatenate([item["labels"][item["label_mask"]].numpy() for item in items])
    expected = np.concatenate([piece.labels[piece.label_mask] for piece in pieces])
    np.testing.assert_array_equal(np.sort(seen), np.sort(expected))


def test_sequences_are_drawn_by_the_seed_alone(contract):
    pieces = [supervise(table_of(), contract, [1], SPLIT, "train")]
    first, second, other = (SequenceDataset(pieces, 64, 50, seed).starts for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_margins_of_a_sequence_are_not_ready_and_have_no_label(contract):
    piece = supervise(table_of(), contract, [1], SPLIT, "train")
    dataset = SequenceDataset([piece], 64, 200, seed=0)
    early = int(np.argmin(dataset.starts[:, 1]))
    start = int(dataset.starts[early, 1])
    assert start < 0
    item = dataset[early]
    assert item["features"].shape == (64, 2)
    assert not item["ready"][:-start].any()
    assert not item["label_mask"][:-start].any()
    np.testing.assert_array_equal(item["features"][-start:], piece.features[: 64 + start])


def test_the_yardstick_is_the_quantiles_of_the_training_labels(contract):
    piece = supervise(table_of(), contract, [1], SPLIT, "train")
    labels = piece.labels[piece.label_mask]
    np.testing.assert_allclose(empirical_quantiles([piece], [0.1, 0.5])[0], np.quantile(labels, [0.1, 0.5]), rtol=1e-6)
