"""Fine-tuning with low-rank adapters: the base stays, the adapters move, and the merged model is a plain one."""

import copy
import json

import pandas as pd
import pytest
import torch

from toy_market import KilledError, killed_at, same_weights, silent, table_of, tiny_params, toy_contract, tuned
from tradeproof.forecasting.adapters import AdaptedModel, linear_layers, merge
from tradeproof.forecasting.artifact import load_forecaster, save_forecaster
from tradeproof.forecasting.prediction import forecast_table
from tradeproof.forecasting.training import finetune_forecaster, train_base_forecaster


@pytest.fixture(scope="module")
def contract(params):
    return toy_contract(params)


@pytest.fixture(scope="module")
def lora(params):
    """Fine-tuning by adapters, with dropout in them."""
    tiny = tiny_params(params)
    changes = {"method": "lora", "lora_r": 2, "lora_dropout": 0.1, "learning_rate": 0.01, "max_steps": 12}
    return tiny.model_copy(update={"finetune": tiny.finetune.model_copy(update=changes)})


@pytest.fixture(scope="module")
def base(contract, params):
    return train_base_forecaster(
        {"AAA": table_of(seed=1)}, contract, tuned(tiny_params(params), max_steps=40), silent
    ).model


@pytest.fixture(scope="module")
def tables():
    """A market whose signal says more than that of the base model's."""
    return {"DDD": table_of(seed=4, ticker="DDD", wide=4.0)}


@pytest.fixture(scope="module")
def adapted(base, tables, contract, lora):
    return finetune_forecaster(base, tables, contract, lora, silent)


def test_no_base_weight_moves_and_every_adapter_weight_does(base, contract, lora):
    """One course by hand: what the optimiser sees before and after."""
    trainee = AdaptedModel(copy.deepcopy(base), lora.finetune)
    before = {name: weight.detach().clone() for name, weight in trainee.model.named_parameters()}
    free = {name for name, weight in trainee.model.named_parameters() if weight.requires_grad}
    assert free == {name for name in before if "lora_" in name}
    assert len(free) == 2 * len(linear_layers(base)) == 2 * 7  # embedding, direct path, and five per attention layer
    optimiser = torch.optim.AdamW([w for w in trainee.model.parameters() if w.requires_grad], lr=0.01)
    batch = {
        "features": torch.randn(4, 32, 2),
        "ready": torch.ones(4, 32, dtype=torch.bool),
        "labels": torch.randn(4, 32, 2),
        "label_mask": torch.ones(4, 32, 2, dtype=torch.bool),
    }
    for _ in range(3):
        optimiser.zero_grad()
        trainee.model(**batch).loss.backward()
        optimiser.step()
    for name, weight in trainee.model.named_parameters():
        assert torch.equal(weight, before[name]) == ("lora_" not in name), name


def test_training_by_adapters_moves_only_the_linear_layers_and_leaves_the_base_as_it_was(
    base, adapted, tables, contract, lora
):
    kept = {name: weight.clone() for name, weight in base.state_dict().items()}
    again = finetune_forecaster(base, tables, contract, lora, silent)
    assert all(torch.equal(weight, kept[name]) for name, weight in base.state_dict().items())
    moved = {name for name, weight in adapted.model.state_dict().items() if not torch.equal(weight, kept[name])}
    assert moved == {f"{name}.weight" for name in linear_layers(base)}
    assert all(bool((weight != 0.0).all()) for weight in adapted.adapter.weights.values())
    assert (adapted.chosen, adapted.method) == ("trained", "lora")
    assert adapted.metrics["eval/loss"] < adapted.metrics["eval/base_loss"]
    assert same_weights(adapted.model, again.model)


def test_merging_is_what_peft_merges(base, adapted, lora):
    from peft import set_peft_model_state_dict

    trainee = AdaptedModel(copy.deepcopy(base), lora.finetune)
    set_peft_model_state_dict(trainee.model, dict(adapted.adapter.weights))
    theirs = trainee.model.merge_and_unload().state_dict()
    ours = merge(base.state_dict(), adapted.adapter.weights, lora.finetune.lora_alpha / lora.finetune.lora_r)
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], rtol=0, atol=1e-7)
        assert torch.equal(weight, adapted.model.state_dict()[name])


def test_an_adapter_that_adds_nothing_leaves_every_bit(base, lora):
    odd = copy.deepcopy(base)
    with torch.no_grad():
        odd.embedding.weight[0, 0] = -0.0
    trainee = AdaptedModel(copy.deepcopy(odd), lora.finetune)
    merged = trainee.plain(trainee.state())
    for name, weight in odd.state_dict().items():
        assert merged[name].numpy().tobytes() == weight.numpy().tobytes(), name


def test_the_folder_holds_the_adapter_as_peft_reads_it_and_the_same_bytes_each_time(
    base, adapted, tables, contract, lora, tmp_path
):
    from peft import PeftModel

    for name in ("one", "two"):
        base.save_pretrained(tmp_path / f"base {name}")
        loaded = load_forecaster(tmp_path / f"base {name}", contract)
        result = finetune_forecaster(loaded, tables, contract, lora, silent, tmp_path / "checkpoints")
        assert same_weights(result.model, adapted.model)
        save_forecaster(tmp_path / name, result, {"seed": 7}, contract)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert {"adapter/adapter_model.safetensors", "adapter/adapter_config.json"} <= {path.as_posix() for path in files}
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path
    config = json.loads((tmp_path / "one" / "adapter" / "adapter_config.json").read_text())
    assert config["target_modules"] == linear_layers(base)
    assert config["base_model_name_or_path"] is None
    loaded = PeftModel.from_pretrained(copy.deepcopy(base), tmp_path / "one" / "adapter").merge_and_unload()
    merged = load_forecaster(tmp_path / "one", contract)
    table = tables["DDD"]
    pd.testing.assert_frame_equal(
        forecast_table(loaded.eval(), table, contract), forecast_table(merged, table, contract), rtol=1e-5, atol=1e-8
    )
    card = (tmp_path / "one" / "README.md").read_text()
    assert "low-rank adapters" in card
    assert adapted.origin in card


def test_adapters_that_do_not_help_give_the_base_back_bit_for_bit(base, contract, lora, tmp_path, capfd):
    harmful = lora.model_copy(update={"finetune": lora.finetune.model_copy(update={"learning_rate": 3.0})})
    log_file = tmp_path / "finetune.log"
    result = finetune_forecaster(base, {"AAA": table_of(seed=1)}, contract, harmful, silent, None, log_file)
    assert (result.chosen, result.best_step) == ("base", 0)
    for name, weight in base.state_dict().items():
        assert result.model.state_dict()[name].numpy().tobytes() == weight.numpy().tobytes(), name
    assert result.metrics["eval/loss"] == result.metrics["eval/base_loss"]
    sentence = "The weights are those of the base model: no step of fine-tuning beat it on validation."
    assert sentence in capfd.readouterr().err
    assert sentence in log_file.read_text()
    save_forecaster(tmp_path / "model", result, {"seed": 7}, contract)
    assert sentence in (tmp_path / "model" / "README.md").read_text()


def test_a_killed_run_with_adapters_goes_on_to_the_same_bits(base, adapted, tables, contract, lora, tmp_path):
    with pytest.raises(KilledError):
        finetune_forecaster(base, tables, contract, lora, killed_at(8), tmp_path)
    assert list(tmp_path.glob("*/checkpoint-4/adapter_model.safetensors"))
    resumed = finetune_forecaster(base, tables, contract, lora, silent, tmp_path)
    assert same_weights(adapted.model, resumed.model)
    pd.testing.assert_frame_equal(adapted.profit_curve, resumed.profit_curve, check_exact=True)
