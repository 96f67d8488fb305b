"""`python -m trading_llm.train_llm generate`, exactly as the guide has it; and one line for every mistake."""

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from stable_baselines3 import PPO

from explained_market import bars_of, trader
from tradeproof.agents.artifact import save_policy
from tradeproof.agents.foreign import _Unstepped
from trading_llm.train_llm import main

FILES = {"train_data.json", "eval_data.json", "audit.json"}


@pytest.fixture(scope="module")
def material(params, tmp_path_factory):
    """A saved policy and a file of bars."""
    folder = tmp_path_factory.mktemp("material")
    save_policy(folder / "policy.zip", trader(params, seed=1), {})
    bars_of(params, 600).to_parquet(folder / "bars.parquet")
    return folder


@pytest.fixture
def generate(material, tmp_path, capsys, monkeypatch, repository):
    """Run the command; the exit code, and what it wrote to its two channels."""
    monkeypatch.chdir(repository)

    def run(**changes):
        options = {
            "--rl-model": material / "policy.zip",
            "--market-data": material / "bars.parquet",
            "--output-dir": tmp_path / "dataset",
            "--num-samples": 200,
            "--split-ratio": 0.9,
        }
        options |= {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
        arguments = [str(part) for name, value in options.items() if value is not None for part in (name, value)]
        try:
            main(["generate", *arguments])
            code = 0
        except SystemExit as e:
            code = e.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def refused(generate, tmp_path):
    def run(**changes):
        code, out, error = generate(**changes)
        assert (code, out) == (2, "")
        lines = [line for line in error.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1
        assert "Traceback" not in error
        assert not (tmp_path / "dataset").exists()
        return lines[0]

    return run


def test_the_guides_command_writes_the_guides_files_and_shows_a_sample(generate, tmp_path):
    code, out, _ = generate()
    assert code == 0
    folder = tmp_path / "dataset"
    assert {path.name for path in folder.iterdir()} == FILES
    train, held_out = (json.loads((folder / f"{name}_data.json").read_text()) for name in ("train", "eval"))
    assert (len(train), len(held_out)) == (180, 20)
    assert max(row["date"] for row in train) < min(row["date"] for row in held_out)
    assert {row["action"] for row in train} == {"sell", "hold", "buy"}
    assert "### Facts" in out
    assert "all true" in out
    assert "passed: each sample has a clear action" in out


def test_the_same_command_twice_gives_the_same_bytes_and_another_seed_others(generate, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert generate(output_dir=tmp_path / name, seed=seed)[0] == 0
    first, second, third = ({path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in "abc")
    assert first == second
    assert first["train_data.json"] != third["train_data.json"]


def test_other_files_of_the_folder_stay(generate, tmp_path):
    folder = tmp_path / "dataset"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "audit.json").write_text("old")
    assert generate(num_samples=40)[0] == 0
    assert {path.name for path in folder.iterdir()} == {*FILES, "notes.txt"}
    assert json.loads((folder / "audit.json").read_text())["rows"]["all"] == 40


def test_raw_bars_as_csv_with_one_unnamed_ticker_do_as_well(generate, params, tmp_path):
    bars = bars_of(params, 600, ("XYZ",)).drop(columns="ticker")
    bars.rename(columns=str.title).to_csv(tmp_path / "xyz.csv", index=False)
    assert generate(market_data=tmp_path / "xyz.csv", num_samples=40)[0] == 0
    rows = json.loads((tmp_path / "dataset" / "train_data.json").read_text())
    assert {row["ticker"] for row in rows} == {"XYZ"}


def test_a_policy_of_stable_baselines3_is_taken_in(generate, params, tmp_path):
    width = trader(params).observation.width
    ppo = PPO("MlpPolicy", _Unstepped(width), n_steps=2, batch_size=2, device="cpu", seed=1)
    with torch.no_grad():
        ppo.policy.action_net.weight.normal_(0.0, 1.0, generator=torch.Generator().manual_seed(1))
    ppo.save(tmp_path / "foreign.zip")
    code, _, error = generate(rl_model=tmp_path / "foreign.zip", num_samples=60)
    assert code == 0, error


def test_a_model_that_cannot_be_read_is_refused(refused, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not a zip file")
    assert "broken.zip cannot be read as a zip file" in refused(rl_model=tmp_path / "broken.zip")
    assert "absent.zip is not a file" in refused(rl_model=tmp_path / "absent.zip")
    shutil.make_archive(str(tmp_path / "strange"), "zip", root_dir=tmp_path, base_dir="broken.zip")
    assert "strange.zip holds an entry" in refused(rl_model=tmp_path / "strange.zip")


def test_market_data_without_prices_is_refused(refused, material, tmp_path):
    bars = pd.read_parquet(material / "bars.parquet")
    bars.drop(columns=["high", "volume"]).to_parquet(tmp_path / "thin.parquet")
    message = refused(market_data=tmp_path / "thin.parquet")
    assert "high" in message
    assert "volume" in message
    assert "absent.parquet is no file of bars" in refused(market_data=tmp_path / "absent.parquet")
    (tmp_path / "noise.parquet").write_bytes(np.random.default_rng(0).bytes(500))
    assert "noise.parquet" in refused(market_data=tmp_path / "noise.parquet")


def test_fewer_decisions_than_samples_are_refused_with_their_number(refused):
    message = refused(num_samples=100_000)
    assert "num_samples is 100000, but there are" in message
    assert "decisions in all" in message


@pytest.mark.parametrize("ratio", ["0", "1", "1.5", "-0.1", "nan"])
def test_a_split_ratio_outside_0_to_1_is_refused(refused, ratio):
    assert "--split-ratio is" in refused(split_ratio=ratio)


def test_less_than_one_sample_is_refused(refused):
    assert "--num-samples is 0, expected at least 1" in refused(num_samples=0)


def test_an_output_folder_that_is_a_file_is_refused(generate, tmp_path):
    (tmp_path / "dataset").write_text("mine")
    for place in ("dataset", "dataset/below"):
        code, _, error = generate(output_dir=tmp_path / place)
        assert code == 2
        assert "is a file; expected a folder" in error
    assert (tmp_path / "dataset").read_text() == "mine"


def test_options_that_are_missing_or_unknown_are_refused_in_one_line(refused):
    assert "--rl-model" in refused(rl_model=None)
    assert "unrecognized arguments: --samples 3" in refused(samples=3)
    assert "invalid int value: 'many'" in refused(num_samples="many")


def test_the_door_opens_without_heavy_libraries():
    import subprocess

    program = "import sys, trading_llm.train_llm; print([n for n in ('torch', 'pandas', 'mlflow') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
