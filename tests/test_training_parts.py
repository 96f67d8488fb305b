"""One batch computed at once, in parts, in another precision or on several processes; and training that stops early."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from toy_market import (
    KilledError,
    killed_at,
    same_weights,
    silent,
    table_of,
    tiny_params,
    toy_contract,
    tuned,
)
from tradeproof.errors import ParamsError
from tradeproof.forecasting.dataset import SequenceDataset, supervise
from tradeproof.forecasting.precision import choose_precision
from tradeproof.forecasting.training import train_base_forecaster

# rounding alone: the same sums in another order, through a dozen steps of Adam
PARTS = 1e-4
LOSSES = ["step", "eval/loss", "train/loss"]


@pytest.fixture(scope="module")
def contract(params):
    return toy_contract(params)


@pytest.fixture(scope="module")
def tiny(params):
    """Without dropout, whose masks are drawn for each part anew."""
    return tuned(tiny_params(params), dropout=0.0, batch_size=8)


@pytest.fixture(scope="module")
def tables():
    """One of them so short that most of a sequence has no label: parts differ in how many labels count."""
    return {"AAA": table_of(), "BBB": table_of(count=900, seed=5, ticker="BBB")}


@pytest.fixture(scope="module")
def whole(tables, contract, tiny):
    return train_base_forecaster(tables, contract, tiny, silent)


def largest_difference(first, second):
    ours, theirs = first.state_dict(), second.state_dict()
    return max(float((ours[name] - theirs[name]).abs().max()) for name in ours)


@pytest.mark.parametrize("parts", [2, 8])
def test_a_batch_in_parts_gives_the_steps_of_the_batch_at_once(whole, tables, contract, tiny, parts):
    cut = train_base_forecaster(tables, contract, tuned(tiny, gradient_accumulation_steps=parts), silent)
    assert largest_difference(whole.model, cut.model) < PARTS
    pd.testing.assert_frame_equal(whole.profit_curve[LOSSES], cut.profit_curve[LOSSES], rtol=PARTS)


def test_the_tolerance_is_far_below_what_other_sequences_change(whole, tables, contract, tiny):
    other = train_base_forecaster(tables, contract, tiny.model_copy(update={"seed": 8}), silent)
    assert largest_difference(whole.model, other.model) > 100 * PARTS


def test_the_parts_of_these_batches_hold_different_counts_of_labels(tables, contract, tiny):
    """Else the test above could not tell a mean over labels from a mean over parts."""
    pieces = [supervise(table, contract, [1, 5], tiny.split, "train") for table in tables.values()]
    dataset = SequenceDataset(pieces, 32, 8 * 12, tiny.seed)
    counts = np.array(
        [[int(dataset[8 * step + place]["label_mask"].sum()) for place in range(8)] for step in range(12)]
    )
    assert (np.ptp(counts, axis=1) > 0).any()


def test_a_batch_that_parts_cannot_share_is_refused(tables, contract, tiny, monkeypatch):
    monkeypatch.setattr("tradeproof.forecasting.optimisation.process_count", lambda: 3)
    with pytest.raises(ParamsError, match=r"batch_size is 8, expected a multiple of .* 1 x 3 = 3"):
        train_base_forecaster(tables, contract, tiny, silent)


def test_training_in_bf16_agrees_with_fp32_roughly_and_keeps_fp32_weights(whole, tables, contract, tiny):
    half = train_base_forecaster(tables, contract, tuned(tiny, precision="bf16"), silent)
    assert (half.precision, whole.precision) == ("bf16", choose_precision("auto"))
    assert {weight.dtype for weight in half.model.state_dict().values()} == {torch.float32}
    assert half.metrics["eval/loss"] == pytest.approx(whole.metrics["eval/loss"], rel=0.01)
    assert half.profit_curve["eval/loss"].iloc[0] == whole.profit_curve["eval/loss"].iloc[0]
    if choose_precision("auto") == "fp32":
        assert not same_weights(half.model, whole.model)
    again = train_base_forecaster(tables, contract, tiny, silent)
    assert same_weights(again.model, whole.model)  # nothing of the precision stays behind in the process


def test_quantiles_and_loss_are_fp32_whatever_the_layers_compute_in(whole):
    model = whole.model
    batch = {
        "features": torch.randn(1, 16, 2),
        "ready": torch.ones(1, 16, dtype=torch.bool),
        "labels": torch.zeros(1, 16, 2),
        "label_mask": torch.ones(1, 16, 2, dtype=torch.bool),
    }
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        found = model(**batch)
    assert found.quantiles.dtype == found.loss.dtype == torch.float32
    assert (found.quantiles.diff(dim=-1) > 0).all()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_precision_that_the_machine_has_not_is_refused(tables, contract, tiny):
    assert choose_precision("auto") == "fp32"
    with pytest.raises(ParamsError, match="precision is fp16, expected auto, fp32 or bf16 on a machine without"):
        train_base_forecaster(tables, contract, tuned(tiny, precision="fp16"), silent)


@pytest.fixture(scope="module")
def impatient(params):
    """A learning rate that destroys the model after a good start, and patience for two measurements."""
    eager = tuned(tiny_params(params), learning_rate=0.02, patience=2, max_steps=40)
    return eager.model_copy(update={"profit": eager.profit.model_copy(update={"every_steps": 2})})


@pytest.fixture(scope="module")
def stopped(contract, impatient):
    return train_base_forecaster({"AAA": table_of()}, contract, impatient, silent)


def test_training_stops_when_patience_is_over_and_keeps_the_best(stopped):
    steps, losses = stopped.profit_curve["step"], stopped.profit_curve["eval/loss"]
    assert steps.tolist() == list(range(0, stopped.best_step + 5, 2))
    assert losses.idxmin() == len(losses) - 3
    assert stopped.best_step > 0
    assert steps.iloc[-1] < 40
    assert stopped.metrics["eval/loss"] == losses.min()


@pytest.mark.parametrize("before", [0, 2])
def test_a_run_killed_around_its_early_stop_goes_on_to_the_same_bits(stopped, contract, impatient, tmp_path, before):
    """Killed as it measures for the last time, or one measurement earlier."""
    last = int(stopped.profit_curve["step"].iloc[-1])
    with pytest.raises(KilledError):
        train_base_forecaster({"AAA": table_of()}, contract, impatient, killed_at(last - before), tmp_path)
    assert list(tmp_path.glob("*/checkpoint-*"))
    resumed = train_base_forecaster({"AAA": table_of()}, contract, impatient, silent, tmp_path)
    assert same_weights(stopped.model, resumed.model)
    pd.testing.assert_frame_equal(stopped.profit_curve, resumed.profit_curve, check_exact=True)
    assert list(tmp_path.iterdir()) == []


PROGRAM = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from toy_market import table_of, tiny_params, toy_contract, tuned
from tradeproof.forecasting.training import train_base_forecaster
from tradeproof.params import load_params
from tradeproof.runtime.processes import process_rank

class Killed(Exception):
    pass

def log(metrics, step):
    logged.append(step)
    if step == {killed} and "eval/loss" in metrics:
        raise Killed

logged, out = [], Path({out!r})
params = load_params(Path({params!r}))
tiny = tuned(tiny_params(params), dropout={dropout}, batch_size=8)
tables = {{"AAA": table_of(), "BBB": table_of(count=900, seed=5, ticker="BBB")}}
result = train_base_forecaster(
    tables, toy_contract(params), tiny, log, out / "checkpoints", out / f"{{process_rank()}}.log"
)
weights = {{name: weight.flatten().tolist() for name, weight in result.model.state_dict().items()}}
found = {{"weights": weights, "curve": result.profit_curve.to_dict("list"), "logged": logged}}
(out / f"result-{{process_rank()}}.json").write_text(json.dumps(found))
"""


def torchrun(repository, folder, dropout=0.0, killed=-1, expect=0):
    """Train the tiny model on two processes of this machine."""
    folder.mkdir(exist_ok=True)
    program = folder / "program.py"
    program.write_text(
        PROGRAM.format(
            tests=str(repository / "tests"),
            out=str(folder),
            params=str(repository / "params.yaml"),
            dropout=dropout,
            killed=killed,
        )
    )
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(program)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert (done.returncode == 0) == (expect == 0), done.stderr
    return [json.loads(path.read_text()) for path in sorted(Path(folder).glob("result-*.json"))], done


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="compares with a run on the CPU")
def test_two_processes_take_the_steps_of_one_on_the_same_batches(repository, whole, tmp_path):
    (main, other), done = torchrun(repository, tmp_path / "two")
    assert main["weights"] == other["weights"]
    ours = whole.model.state_dict()
    for name, weight in main["weights"].items():
        np.testing.assert_allclose(weight, ours[name].flatten().numpy(), atol=PARTS)
    for name in LOSSES[1:]:
        np.testing.assert_allclose(main["curve"][name], whole.profit_curve[name], rtol=PARTS)
    assert main["curve"]["step"] == [0, 4, 8, 12]
    assert main["logged"] == [0, 4, 8, 10, 12, 12]
    assert other["logged"] == []  # the other process logs nothing, writes nothing and shows nothing
    assert sorted(path.name for path in (tmp_path / "two").glob("*.log")) == ["0.log"]
    assert done.stderr.count("train_base 12/12") == 1
    assert done.stderr.count("train_base: step 12 of 12") == 1
    assert list((tmp_path / "two" / "checkpoints").iterdir()) == []


@pytest.mark.slow
def test_a_run_on_two_processes_that_was_killed_goes_on_to_the_same_bits(repository, tmp_path):
    """With dropout, which each process draws for itself."""
    straight, _ = torchrun(repository, tmp_path / "straight", dropout=0.2)
    results, _ = torchrun(repository, tmp_path / "killed", dropout=0.2, killed=8, expect=1)
    assert results == []
    assert len(list((tmp_path / "killed" / "checkpoints").glob("*/checkpoint-4/rng_state_*.pth"))) == 2
    resumed, _ = torchrun(repository, tmp_path / "killed", dropout=0.2)
    assert resumed[0]["weights"] == straight[0]["weights"]
    assert resumed[0]["curve"]["eval/loss"] == straight[0]["curve"]["eval/loss"]
    assert (tmp_path / "killed" / "0.log").read_bytes() == (tmp_path / "straight" / "0.log").read_bytes()
