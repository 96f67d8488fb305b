"""The price model as a function: causal, bounded in its past, never crossing, the same after save and load."""

import numpy as np
import pandas as pd
import pytest
import torch
from huggingface_hub.errors import StrictDataclassError
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812
from transformers import AutoConfig, AutoModel

from tradeproof.errors import ContractError, DataError, StorageError
from tradeproof.features.contract import feature_contract
from tradeproof.features.table import build_table
from tradeproof.forecasting.artifact import load_forecaster, save_forecaster
from tradeproof.forecasting.config import PriceForecasterConfig
from tradeproof.forecasting.kernels import BarNorm, ResidualDropout, rotary_angles, rotate
from tradeproof.forecasting.layers import DIRECT_GAIN, BarAttention, QuantileHead, attention_window
from tradeproof.forecasting.model import PriceForecaster, pinball_loss
from tradeproof.forecasting.prediction import forecast_many, forecast_quantiles, forecast_table, forecast_tables
from tradeproof.forecasting.training import TrainedForecaster

NAMES = ["signal", "noise", "level"]
LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


def config_of(**changes):
    values = {
        "feature_names": NAMES,
        "contract_hash": "toy",
        "horizons": [1, 5],
        "quantiles": LEVELS,
        "hidden_size": 16,
        "num_layers": 2,
        "num_heads": 2,
        "attention_bars": 4,
        "dropout": 0.1,
        "sequence_length": 32,
    }
    return PriceForecasterConfig(**{**values, **changes})


def model_of(config, seed=0, spread=0.3):
    """A model that has an opinion: every weight moved away from its start."""
    torch.manual_seed(seed)
    model = PriceForecaster(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(spread * torch.randn_like(parameter))
    return model


@pytest.fixture
def model():
    return model_of(config_of())


@pytest.fixture
def bars():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 40, len(NAMES), generator=generator), torch.ones(2, 40, dtype=torch.bool)


@torch.inference_mode()
def quantiles_of(model, features, ready):
    return model(features, ready).quantiles


def test_an_untrained_model_forecasts_historical_volatility(bars):
    """Student-t with 6 degrees of freedom and variance 1: t(0.95) = 1.9432, over sqrt(6 / 4)."""
    quantiles = quantiles_of(PriceForecaster(config_of()).eval(), *bars)
    assert quantiles.shape == (2, 40, 2, 5)
    expected = torch.tensor([-1.5866, -0.5859, 0.0, 0.5859, 1.5866])
    assert torch.allclose(quantiles, expected.expand_as(quantiles), atol=1e-4)


def test_a_start_from_given_quantiles_forecasts_them_everywhere(model, bars):
    wanted = torch.tensor([[-2.0, -0.4, 0.1, 0.5, 1.2], [-3.0, -1.0, 0.3, 0.9, 1.1]])
    model.start_from(wanted)
    quantiles = quantiles_of(model, *bars)
    assert torch.allclose(quantiles, wanted.expand_as(quantiles), atol=1e-5)


def test_features_are_standardised_and_far_ones_are_cut(model, bars):
    features, ready = bars
    plain = quantiles_of(model, features, ready)
    model.standardise(torch.tensor([3.0, -1.0, 0.0]), torch.tensor([2.0, 0.5, 10.0]))
    shifted = features * torch.tensor([2.0, 0.5, 10.0]) + torch.tensor([3.0, -1.0, 0.0])
    assert torch.allclose(quantiles_of(model, shifted, ready), plain, atol=1e-4)
    far, farther = shifted.clone(), shifted.clone()
    far[:, 5, 0], farther[:, 5, 0] = 3.0 + 2.0 * 6.0, 1e9
    assert torch.equal(quantiles_of(model, far, ready), quantiles_of(model, farther, ready))


def test_the_direct_path_multiplies_the_width_of_its_bar_alone(bars):
    """An untrained model with one direct weight: the width at horizon 1 is exp(gain x weight x feature) as wide."""
    features, ready = bars
    model = PriceForecaster(config_of()).eval()
    plain = quantiles_of(model, features, ready)
    with torch.no_grad():
        model.direct.weight[0, 1] = 0.02
    wider = quantiles_of(model, features, ready)
    log_width = DIRECT_GAIN * 0.02 * features[..., 1]
    bounded = 3.0 * torch.tanh(log_width / 3.0)
    assert torch.allclose(wider[:, :, 0], plain[:, :, 0] * bounded.exp().unsqueeze(-1), atol=1e-5)
    assert torch.equal(wider[:, :, 1], plain[:, :, 1])


@pytest.mark.parametrize("last", [0, 3, 17, 38])
def test_bars_after_t_change_no_forecast_up_to_t_bit_for_bit(model, bars, last):
    features, ready = bars
    before = quantiles_of(model, features, ready)
    rewritten, missing = features.clone(), ready.clone()
    rewritten[:, last + 1 :] = 1e4 * torch.randn(2, 39 - last, 3)
    rewritten[0, last + 1] = float("nan")
    missing[0, last + 1] = False
    after = quantiles_of(model, rewritten, missing)
    assert torch.equal(before[:, : last + 1], after[:, : last + 1])
    assert not torch.equal(before[:, last + 1 :], after[:, last + 1 :])


def test_a_forecast_depends_on_exactly_its_context(model, bars):
    """Two layers of 4 bars see 6 bars back: bar 20 depends on bar 14, and not on bar 13."""
    assert model.config.context_bars == 6
    features, ready = bars
    before = quantiles_of(model, features, ready)[:, 20]
    oldest, older = features.clone(), features.clone()
    oldest[:, 14] += 1.0
    older[:, :14] += 1.0
    assert not torch.equal(quantiles_of(model, oldest, ready)[:, 20], before)
    assert torch.equal(quantiles_of(model, older, ready)[:, 20], before)


@pytest.mark.parametrize("start", [1, 5, 13])
def test_a_forecast_does_not_depend_on_where_its_window_starts(model, bars, start):
    features, ready = bars
    whole = quantiles_of(model, features, ready)[:, start + 6 :]
    window = quantiles_of(model, features[:, start:], ready[:, start:])[:, 6:]
    assert torch.allclose(window, whole, atol=1e-5)


def test_a_batch_gives_what_each_of_its_sequences_gives_alone(model, bars):
    features, ready = bars
    together = quantiles_of(model, features, ready)
    alone = torch.cat([quantiles_of(model, features[i : i + 1], ready[i : i + 1]) for i in range(2)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_a_bar_that_is_not_ready_is_seen_by_no_other(model, bars):
    features, ready = bars
    ready[:, 10] = False
    before = quantiles_of(model, features, ready)
    features[:, 10] = float("nan")
    after = quantiles_of(model, features, ready)
    others = torch.arange(40) != 10
    assert torch.equal(before[:, others], after[:, others])
    assert after.isfinite().all()


def test_attention_in_blocks_equals_attention_over_the_whole_square():
    torch.manual_seed(0)
    config = config_of(attention_bars=5)
    attention = BarAttention(config)
    hidden, ready = torch.randn(3, 20, 16), torch.rand(3, 20) > 0.2
    angles = rotary_angles(20, 8, hidden.device)
    blocks = attention(hidden, attention_window(ready, 5), angles)

    entries = attention.entries(hidden).view(3, 20, 3, 2, 8)
    query, key = rotate(entries[:, :, :2], angles).unbind(2)
    age = torch.arange(20)[:, None] - torch.arange(20)
    seen = ((age >= 0) & (age < 5) & ready[:, None, :]) | (age == 0)
    dense = F.scaled_dot_product_attention(
        query.transpose(1, 2), key.transpose(1, 2), entries[:, :, 2].transpose(1, 2), attn_mask=seen[:, None]
    )
    assert torch.allclose(blocks, attention.output(dense.transpose(1, 2).reshape(3, 20, 16)), atol=1e-6)


def test_a_rotation_turns_each_pair_by_its_place_times_its_frequency():
    """Pairs of a head of 4 turn by place and place / 100; (1, 0) becomes (cos, sin)."""
    turned = rotate(
        torch.tensor([1.0, 0.0, 1.0, 0.0]).expand(1, 3, 1, 1, 4), rotary_angles(3, 4, torch.device("cpu"), 5)
    )
    angles = torch.tensor([[5.0, 0.05], [6.0, 0.06], [7.0, 0.07]])
    expected = torch.stack((angles.cos(), angles.sin()), dim=-1).flatten(1)
    assert torch.allclose(turned[0, :, 0, 0], expected, atol=1e-6)


def test_the_norm_and_its_gradient_are_those_of_torch():
    torch.manual_seed(0)
    ours = BarNorm(6).double()
    theirs = torch.nn.RMSNorm(6).double()
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.normal_())
    hidden = torch.randn(2, 3, 6, dtype=torch.float64, requires_grad=True)
    assert torch.allclose(ours(hidden), theirs(hidden), rtol=1e-12)
    assert torch.autograd.gradcheck(ours, hidden)
    wanted = torch.randn(2, 3, 6, dtype=torch.float64)
    for norm in (ours, theirs):
        norm(hidden).backward(wanted)
    assert torch.allclose(ours.weight.grad, theirs.weight.grad, rtol=1e-12)
    assert ours(torch.zeros(1, 6, dtype=torch.float64)).isfinite().all()


def test_dropout_leaves_out_its_share_and_keeps_the_mean_and_the_residual():
    """A million ones at a share of 0.2: 0 or 1.25 each, within five standard errors (0.0004) of 20 % zeros."""
    torch.manual_seed(0)
    dropout, hidden, update = (
        ResidualDropout(0.2),
        torch.full((1001, 999), 3.0),
        torch.ones(1001, 999, requires_grad=True),
    )
    total = dropout(hidden, update)
    total.sum().backward()
    added = total.detach() - hidden
    assert (added == 0).float().mean().item() == pytest.approx(0.2, abs=0.002)
    assert added.max().item() == pytest.approx(1.25, abs=1e-4)
    assert torch.allclose(update.grad, added, atol=1e-6)
    assert not torch.equal(dropout(hidden, update), total)
    assert torch.equal(dropout.eval()(hidden, update), hidden + update)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), scale=st.sampled_from([1e-6, 0.1, 1.0, 30.0, 1e4]))
def test_quantiles_never_cross_whatever_the_weights(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    head = QuantileHead(config_of())
    with torch.no_grad():
        head.weight.copy_(scale * torch.randn(head.weight.shape, generator=generator))
        head.bias.copy_(scale * torch.randn(head.bias.shape, generator=generator))
        hidden, log_scale = (torch.randn(1, 50, width, generator=generator) for width in (16, 2))
        quantiles = head(hidden, scale * log_scale)
    assert (quantiles.diff(dim=-1) >= 0.0).all()


def test_the_loss_is_the_mean_pinball_of_the_labels_that_count():
    """Quantiles -1, 0, 1 at 0.1, 0.5, 0.9: label 2 costs (0.3 + 1.0 + 0.9) / 3, label -1 costs (0 + 0.5 + 0.2) / 3."""
    quantiles = torch.tensor([-1.0, 0.0, 1.0]).expand(1, 3, 1, 3)
    labels = torch.tensor([[[2.0], [-1.0], [float("nan")]]])
    counts = torch.tensor([[[True], [True], [False]]])
    loss = pinball_loss(quantiles, labels, counts, [0.1, 0.5, 0.9])
    assert loss.item() == pytest.approx((2.2 / 3 + 0.7 / 3) / 2)


def test_a_batch_without_labels_that_count_costs_nothing(model, bars):
    labels, counts = torch.zeros(2, 40, 2), torch.zeros(2, 40, 2, dtype=torch.bool)
    assert model(*bars, labels, counts).loss.item() == 0.0


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"hidden_size": 18}, "expected a multiple of 2 x num_heads = 4"),
        ({"quantiles": [0.1, 0.9]}, "with the median"),
        ({"quantiles": [0.5, 0.1]}, "expected ascending levels"),
    ],
)
def test_a_config_refuses_a_shape_that_no_model_can_have(changes, match):
    with pytest.raises(StrictDataclassError, match=match):
        config_of(**changes)


@pytest.fixture(scope="module")
def ticker(params):
    """A contract, a feature table of random bars, and a model with opinions on it."""
    contract = feature_contract(params.build_features)
    config = config_of(feature_names=list(contract.names), contract_hash=contract.hash)
    generator = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.012, 620)))
    bars = pd.DataFrame(
        {
            "ticker": "AAA",
            "date": pd.bdate_range("2010-01-04", periods=620).as_unit("us"),
            "open": close * 1.001,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": 1e6 * np.exp(generator.normal(0, 0.3, 620)),
        }
    )
    return contract, build_table(bars, params.build_features), model_of(config, spread=0.1)


def test_forecasts_are_in_log_returns_of_the_ticker(ticker):
    """The untrained model: quantile x volatility x sqrt(horizon), for every ready bar and no other."""
    contract, table, model = ticker
    forecasts = forecast_table(PriceForecaster(model.config), table, contract)
    ready = table[table["ready"]]
    assert list(forecasts.columns) == ["ticker", "date", "horizon", "q05", "q25", "q50", "q75", "q95"]
    assert len(forecasts) == 2 * len(ready) > 0
    for horizon in (1, 5):
        mine = forecasts[forecasts["horizon"] == horizon]
        assert mine["date"].tolist() == ready["date"].tolist()
        expected = 1.58658 * ready["volatility"].to_numpy() * np.sqrt(horizon)
        np.testing.assert_allclose(mine["q95"], expected, rtol=1e-4)


def test_forecasting_in_chunks_equals_one_pass(ticker):
    contract, table, model = ticker
    features, ready = table[list(contract.names)].to_numpy(np.float32), table["ready"].to_numpy()
    whole = forecast_quantiles(model, features, ready, chunk_bars=10_000)
    assert whole.shape == (620, 2, 5)
    for chunk_bars in (7, 64, 619):
        chunks = forecast_quantiles(model, features, ready, chunk_bars)
        np.testing.assert_allclose(chunks[ready], whole[ready], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("chunk_bars", [2048, 100])
def test_series_forecast_together_are_what_each_is_alone(ticker, chunk_bars):
    contract, table, model = ticker
    features, ready = table[list(contract.names)].to_numpy(np.float32), table["ready"].to_numpy()
    series = [
        (features[begin:end], ready[begin:end]) for begin, end in ((0, 620), (20, 620), (120, 620), (0, 3), (5, 5))
    ]
    series.append((features[::-1].copy(), ready[::-1].copy()))
    together = forecast_many(model, series, chunk_bars)
    assert [len(found) for found in together] == [620, 600, 500, 3, 0, 620]
    for found, (one, known) in zip(together, series, strict=True):
        np.testing.assert_allclose(found[known], forecast_quantiles(model, one, known)[known], atol=1e-5)


def test_many_tables_give_the_rows_of_each_in_their_order(ticker):
    contract, table, model = ticker
    tables = {name: table.assign(ticker=name).astype({"ticker": "str"}) for name in ("BBB", "AAA")}
    tables["CCC"] = tables["AAA"].assign(ticker="CCC").astype({"ticker": "str"}).iloc[:500]
    dates = table["date"].iloc[480].date(), table["date"].iloc[560].date()
    for start, end in ((None, None), dates):
        together = forecast_tables(model, tables, contract, start, end)
        assert together["ticker"].unique().tolist() == ["BBB", "AAA", "CCC"]
        alone = pd.concat([forecast_table(model, one, contract, start, end) for one in tables.values()])
        pd.testing.assert_frame_equal(together, alone.reset_index(drop=True), rtol=1e-4, atol=1e-6)
    with pytest.raises(DataError, match="no feature table"):
        forecast_tables(model, {}, contract)


def test_a_range_of_dates_gives_those_rows_of_the_whole(ticker):
    contract, table, model = ticker
    whole = forecast_table(model, table, contract)
    start, end = table["date"].iloc[500].date(), table["date"].iloc[560].date()
    part = forecast_table(model, table, contract, start, end)
    expected = whole[whole["date"].between(pd.Timestamp(start), pd.Timestamp(end))].reset_index(drop=True)
    assert len(part) == 2 * 61
    pd.testing.assert_frame_equal(part, expected, rtol=1e-4, atol=1e-6)
    assert forecast_table(model, table, contract, start=table["date"].iloc[-1].date())["horizon"].tolist() == [1, 5]
    assert forecast_table(model, table, contract, end=table["date"].iloc[0].date()).empty


def test_forecasting_leaves_the_mode_of_the_model_as_it_was(ticker):
    contract, table, model = ticker
    for training in (True, False):
        model.train(training)
        first, second = (forecast_table(model, table, contract) for _ in range(2))
        pd.testing.assert_frame_equal(first, second)  # dropout would differ
        assert model.training is training
    model.eval()


def test_forecasting_refuses_features_of_another_contract(ticker, params):
    _, table, model = ticker
    other = params.build_features.model_copy(update={"rsi_bars": 15})
    with pytest.raises(ContractError, match="trained with the feature contract"):
        forecast_table(model, table, feature_contract(other))


@pytest.fixture
def folder(ticker, tmp_path):
    contract, _, model = ticker
    curve = pd.DataFrame({"step": [0, 4], "eval/loss": [0.3, 0.2], "profit/win_rate": [np.nan, 0.5]})
    metrics = {"eval/loss": 0.2, "profit/win_rate": float("nan")}
    trained = TrainedForecaster(model, metrics, curve, "trained", 4, ("AAA",))
    save_forecaster(tmp_path / "model", trained, {"seed": 7, "params": {"steps": 4}}, contract)
    return tmp_path / "model"


def test_a_saved_model_forecasts_the_same_to_the_last_bit(ticker, folder):
    contract, table, model = ticker
    loaded = load_forecaster(folder, contract)
    pd.testing.assert_frame_equal(
        forecast_table(loaded, table, contract), forecast_table(model, table, contract), check_exact=True
    )
    assert AutoConfig.from_pretrained(folder).to_dict() == loaded.config.to_dict()
    again = AutoModel.from_pretrained(folder).state_dict()
    assert all(torch.equal(weight, again[name]) for name, weight in model.state_dict().items())


def test_a_saved_model_holds_what_a_reader_needs_and_no_pickle(ticker, folder, tmp_path):
    contract, _, model = ticker
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "config.json",
        "contract.json",
        "loss_and_profit.png",
        "meta.json",
        "metrics.json",
        "model.safetensors",
        "profit_curve.csv",
    ]
    card = (folder / "README.md").read_text()
    for fact in (contract.hash, "| seed | 7 |", "| params.steps | 4 |", "| profit/win_rate | undefined |", "## Limits"):
        assert fact in card
    curve = pd.read_csv(folder / "profit_curve.csv")
    again = TrainedForecaster(model, {"eval/loss": 0.2, "profit/win_rate": float("nan")}, curve, "trained", 4, ("AAA",))
    save_forecaster(tmp_path / "again", again, {"seed": 7, "params": {"steps": 4}}, contract)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_loading_refuses_a_model_of_another_contract(folder, params):
    other = feature_contract(params.build_features.model_copy(update={"rsi_bars": 15}))
    with pytest.raises(ContractError, match="trained with the feature contract"):
        load_forecaster(folder, other)
    assert load_forecaster(folder, None).training is False


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("model.safetensors", None, "is missing"),
        ("config.json", None, "is missing"),
        ("model.safetensors", b"half a file", "no readable price model"),
        ("config.json", b"{", "no readable price model"),
        ("config.json", b"{}", "no readable price model"),
    ],
)
def test_loading_names_a_file_that_is_missing_or_damaged(folder, name, content, match):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(StorageError, match=match):
        load_forecaster(folder, None)


def test_loading_refuses_weights_of_another_shape(folder):
    text = (folder / "config.json").read_text().replace('"hidden_size": 16', '"hidden_size": 32')
    (folder / "config.json").write_text(text)
    with pytest.raises(StorageError, match="no readable price model"):
        load_forecaster(folder, None)


def test_loading_refuses_weights_that_are_not_all_there(folder):
    text = (folder / "config.json").read_text().replace('"num_layers": 2', '"num_layers": 3')
    (folder / "config.json").write_text(text)
    with pytest.raises(StorageError, match="no readable price model"):
        load_forecaster(folder, None)
