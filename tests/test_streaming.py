"""Forecasting a stream bar by bar: the same as from the whole past, at the price of one step."""

import pytest
import torch

from tradeproof.errors import DataError
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.model import PriceForecaster
from tradeproof.forecasting.streaming import StreamingForecaster

SERIES, BARS, FEATURES = 5, 90, 3


@pytest.fixture(scope="module")
def model():
    """Three layers of 8 bars, every weight moved away from its start; 21 bars of context."""
    torch.manual_seed(0)
    config = PriceForecasterConfig(
        feature_names=["signal", "noise", "level"],
        contract_hash="toy",
        horizons=[1, 5],
        quantiles=[0.05, 0.25, 0.5, 0.75, 0.95],
        hidden_size=16,
        num_layers=3,
        num_heads=2,
        attention_bars=8,
        dropout=0.1,
        sequence_length=32,
    )
    model = PriceForecaster(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def stream_of(bars=BARS, series=SERIES, seed=1):
    """Series that start one after the other, with single bars and a long stretch that are not ready."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(series, bars, FEATURES, generator=generator)
    ready = torch.rand(series, bars, generator=generator) > 0.1
    ready[0, 30:50] = False  # longer than two windows
    for place in range(series):
        ready[place, : 7 * place] = False
    features[~ready] = float("nan")
    return features, ready


@torch.inference_mode()
def whole_pass(model, features, ready):
    return model.eval()(features, ready).quantiles


def stepped(stream, features, ready):
    return torch.stack([stream.step(features[:, bar], ready[:, bar]) for bar in range(ready.shape[1])], dim=1)


def test_steps_equal_the_full_pass_over_more_than_three_contexts(model):
    features, ready = stream_of()
    assert 3 * model.config.context_bars < BARS
    steps = stepped(StreamingForecaster(model, SERIES), features, ready)
    whole = whole_pass(model, features, ready)
    assert whole.std() > 0.5
    torch.testing.assert_close(steps, whole, atol=1e-5, rtol=0.0)


def test_a_series_gives_alone_what_it_gives_among_others(model):
    features, ready = stream_of()
    together = stepped(StreamingForecaster(model, SERIES), features, ready)
    for place in range(SERIES):
        alone = stepped(StreamingForecaster(model, 1), features[place : place + 1], ready[place : place + 1])
        torch.testing.assert_close(alone, together[place : place + 1], atol=1e-5, rtol=0.0)


@pytest.mark.parametrize("lengths", [[90], [1, 89], [8, 8, 74], [20, 1, 1, 3, 7, 58], [40, 0, 50], [2] * 45])
def test_a_past_may_come_in_pieces_of_any_length(model, lengths):
    features, ready = stream_of()
    stream = StreamingForecaster(model, SERIES)
    assert sum(lengths) == BARS
    pieces = [stream.extend(*piece) for piece in zip(features.split(lengths, 1), ready.split(lengths, 1), strict=True)]
    assert [piece.shape[1] for piece in pieces] == lengths
    assert stream.bars == BARS
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole_pass(model, features, ready), atol=1e-5, rtol=0.0)


def test_a_long_past_is_taken_in_several_passes_with_the_same_result(model, monkeypatch):
    features, ready = stream_of()
    monkeypatch.setattr("tradeproof.forecasting.streaming.PASS_BARS", 16 * SERIES)
    pieces = StreamingForecaster(model, SERIES).extend(features, ready)
    torch.testing.assert_close(pieces, whole_pass(model, features, ready), atol=1e-5, rtol=0.0)


@pytest.mark.parametrize("past", [5_000, 3_000_000])
def test_places_keep_their_precision_however_long_the_stream(model, past):
    """The forecasts of 60 bars depend on nothing but them and 21 bars of context; only bar numbers differ."""
    features, ready = stream_of(60)
    stream = StreamingForecaster(model, SERIES)
    if past < 10_000:
        stream.extend(*stream_of(past, seed=2))
    else:
        for ring in (*stream._cache.layers, stream._cache._ready):
            ring.bars = past  # a stream that has seen so many bars, none of them ready
    steps = stepped(stream, features, ready)
    fresh = whole_pass(model, features, ready)
    torch.testing.assert_close(steps[:, 21:], fresh[:, 21:], atol=1e-5, rtol=0.0)


def test_memory_does_not_grow(model):
    stream = StreamingForecaster(model, SERIES)
    tensors = [slots for ring in stream._cache.layers for slots in ring.slots]
    before = [(slots.data_ptr(), slots.shape) for slots in tensors]
    assert len(before) == 6
    stepped(stream, *stream_of(30))
    assert [(slots.data_ptr(), slots.shape) for ring in stream._cache.layers for slots in ring.slots] == before
    assert before[0][1] == (SERIES, 8, 2, 8)


def test_a_later_bar_changes_no_forecast_made(model):
    features, ready = stream_of()
    rewritten = features.clone()
    rewritten[:, 60:] *= 10.0
    first, second = (
        stepped(StreamingForecaster(model, SERIES), values, ready)[:, :60] for values in (features, rewritten)
    )
    assert torch.equal(first, second)


def test_two_streams_of_one_model_do_not_meet(model):
    features, ready = stream_of()
    first, second = StreamingForecaster(model, SERIES), StreamingForecaster(model, SERIES)
    first.extend(features, ready)
    torch.testing.assert_close(second.extend(features, ready), whole_pass(model, features, ready), atol=1e-5, rtol=0.0)


def test_streaming_is_inference_in_eval_mode(model):
    model.train()
    stream = StreamingForecaster(model, SERIES)
    quantiles = stream.extend(*stream_of())
    assert not model.training
    assert not quantiles.requires_grad


@pytest.mark.parametrize(
    ("features", "ready", "match"),
    [
        (torch.zeros(4, 2, 3), torch.ones(4, 2, dtype=torch.bool), r"5 series got features \[4, 2, 3\]"),
        (
            torch.zeros(5, 2, 4),
            torch.ones(5, 2, dtype=torch.bool),
            r"expected \[series, time, feature\] = \[5, time, 3",
        ),
        (torch.zeros(5, 2, 3), torch.ones(5, 3, dtype=torch.bool), r"ready \[5, 3\]"),
        (torch.zeros(5, 3), torch.ones(5, dtype=torch.bool), r"got features \[5, 3\]"),
        (torch.zeros(5, 2, 3), torch.ones(5, 2), "expected torch.bool"),
        (torch.full((5, 2, 3), torch.nan), torch.arange(10).view(5, 2) == 7, "series 3 holds .* at bar 1 of 2"),
    ],
)
def test_a_stream_refuses_what_it_cannot_read_and_stays_as_it_was(model, features, ready, match):
    stream = StreamingForecaster(model, SERIES)
    with pytest.raises(DataError, match=match):
        stream.extend(features, ready)
    assert stream.bars == 0


def test_a_step_refuses_several_bars(model):
    stream = StreamingForecaster(model, SERIES)
    with pytest.raises(DataError, match="several bars go to extend"):
        stream.step(torch.zeros(5, 2, 3), torch.ones(5, 2, dtype=torch.bool))
    with pytest.raises(DataError, match="0 series was asked for"):
        StreamingForecaster(model, 0)
