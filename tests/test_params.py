"""params.yaml: every fault is named at once, and nothing unknown passes."""

import re

import pytest
import yaml

from tradeproof.errors import ParamsError
from tradeproof.params import load_params


@pytest.fixture
def edited(tmp_path, repository):
    """Write the repository's params with some keys changed; a value of ... removes the key."""

    def write(changes):
        raw = yaml.safe_load((repository / "params.yaml").read_text())
        for dotted, value in changes.items():
            *parents, key = dotted.split(".")
            section = raw
            for parent in parents:
                section = section[parent]
            if value is ...:
                del section[key]
            else:
                section[key] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(raw))
        return path

    return write


def test_the_repository_s_params_load_and_are_frozen(params):
    with pytest.raises(ValueError, match="frozen"):
        params.seed = 1
    assert params.registration.alias == "candidate"


def test_every_fault_is_named_at_once(edited):
    path = edited({"costs.commission": -1, "seed": "many", "train_base.colour": "red", "split.train_end": ...})
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    message = str(caught.value)
    assert "4 faults" in message
    for expected in (
        "costs.commission is -1, expected greater than or equal to 0",
        "seed is 'many', expected a valid integer",
        "train_base.colour is not a known key",
        "split.train_end is missing",
    ):
        assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"split.purged_size": 4}, r"split.purged_size is 4, expected at least the longest .* \(20\)"),
        ({"split.validation_end": "2019-06-01"}, "split.validation_end is 2019-06-01, expected a day before data.end"),
        ({"split.train_end": "2016-01-01"}, "expected train_end < validation_end"),
        ({"data.start": "2019-01-01"}, "expected start < end"),
        ({"train_base.tickers": ["AAPL"]}, r"train_base.tickers holds \['AAPL'\].*add them there"),
        ({"profit.horizon": 3}, "profit.horizon is 3, expected one of train_base.horizons"),
        ({"universe.tickers": ["SPX", "IXIC", "spx"]}, r"tickers repeats \['spx'\]"),
        ({"universe.tickers": []}, "universe.tickers"),
        ({"universe.tickers": ["SPX", "IXIC", "../../etc/passwd"]}, r"universe.tickers.2 is '../../etc/passwd'"),
        ({"train_base.quantiles": [0.5, 0.1, 0.9]}, "expected ascending levels"),
        ({"train_base.quantiles": [0.1, 0.4, 0.9]}, "expected the median 0.5"),
        ({"train_base.gradient_accumulation_steps": 3}, "expected a divisor of batch_size 16"),
        ({"finetune.method": "qlora"}, "finetune.method is 'qlora'"),
        ({"train_base.num_heads": 5}, "expected a multiple of 2 x num_heads = 10"),
        ({"train_base.warmup_steps": 1000}, "warmup_steps is 1000, expected at most max_steps"),
        ({"register.alias": "latest"}, "which MLflow reserves"),
        ({"costs.slippage": float("nan")}, "costs.slippage is nan, expected"),
        ({"data.source": "bloomberg"}, "data.source is 'bloomberg', expected 'snapshot', 'folder', 'yahoo' or"),
        (
            {"download.quality.missing_days": "drop"},
            "download.quality.missing_days is 'drop', expected 'error' or 'warn'",
        ),
    ],
)
def test_a_contradiction_is_named_with_what_was_expected(edited, changes, expected):
    with pytest.raises(ParamsError, match=expected):
        load_params(edited(changes))


def test_a_key_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1\nseed: 2\n")
    with pytest.raises(ParamsError, match="seed stands twice"):
        load_params(path)


@pytest.mark.parametrize("text", ["- a list", "", "a: [", "!!python/object/apply:os.system ['true']"])
def test_what_is_no_params_file_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ParamsError, match=r"nowhere.yaml cannot be read"):
        load_params(tmp_path / "nowhere.yaml")


def test_every_value_in_the_file_has_a_comment(repository):
    """A reader of params.yaml learns what each value is without opening the code."""
    lines = (repository / "params.yaml").read_text().splitlines()
    values = [line for line in lines if re.match(r"^\s*\w+: *[^\s#]", line)]
    assert len(values) > 60
    assert [line for line in values if " # " not in line] == []
