"""A policy's file brings back the same policy, and a hostile one is refused before anything of it runs."""

import base64
import io
import json
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from stable_baselines3 import PPO
from stable_baselines3.common.save_util import load_from_zip_file

from small_policies import RULES, observations_of, policy_of
from tradeproof.agents import archive
from tradeproof.agents.archive import write_archive
from tradeproof.agents.artifact import DESCRIPTION, WEIGHTS, load_policy, save_policy, saved_metrics
from tradeproof.agents.foreign import load_foreign_policy, open_policy
from tradeproof.agents.policy import spaces_of
from tradeproof.envs.observation import observation_contract
from tradeproof.errors import ContractError, StorageError, TradeproofError
from tradeproof.features.contract import feature_contract


class Still(gymnasium.Env):
    """Spaces alone, never stepped."""

    def __init__(self, width, actions=3):
        self.observation_space = spaces_of(width)[0]
        box = gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32)
        self.action_space = box if actions is None else gymnasium.spaces.Discrete(actions)


class Bomb:
    """Writes a file as soon as it is unpickled."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (Path.write_text, (Path(self.target), "it ran"))


@pytest.fixture(scope="module")
def features(params):
    return feature_contract(params.build_features)


@pytest.fixture(scope="module")
def width(features):
    return observation_contract(features).width


@pytest.fixture
def saved(params, tmp_path):
    policy = policy_of(params, meta={"seed": 3, "params": {"gamma": 0.95}})
    save_policy(tmp_path / "policy.zip", policy, {"validation/total_return": 0.25, "validation/sharpe_ratio": np.nan})
    return policy, tmp_path / "policy.zip"


@pytest.fixture(scope="module")
def foreign(width, tmp_path_factory):
    """A PPO with wide weights as its users save it, and the file."""
    path = tmp_path_factory.mktemp("foreign") / "model.zip"
    ppo = PPO("MlpPolicy", Still(width), seed=0, device="cpu", policy_kwargs={"net_arch": {"pi": [8, 6], "vf": [5]}})
    with torch.no_grad():
        ppo.policy.action_net.weight.normal_(0.0, 2.0, generator=torch.Generator().manual_seed(1))
    ppo.save(path)
    return ppo, path


def repacked(path, target, **changes):
    """A copy of a zip file with other entries: bytes replace one, None leaves one out."""
    with zipfile.ZipFile(path) as archive_:
        entries = {name: archive_.read(name) for name in archive_.namelist()}
    entries = {name: content for name, content in {**entries, **changes}.items() if content is not None}
    write_archive(target, entries)
    return target


def torch_bytes(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def one_line(caught):
    assert "\n" not in str(caught.value)


def test_a_reloaded_policy_is_the_saved_one_to_the_last_bit(saved):
    policy, path = saved
    loaded = load_policy(path)
    observations = observations_of(policy)
    assert loaded.logits(observations).tobytes() == policy.logits(observations).tobytes()
    assert (loaded.rules, loaded.features, loaded.observation) == (policy.rules, policy.features, policy.observation)
    assert loaded.net_arch == policy.net_arch
    assert loaded.meta == {"seed": 3, "params": {"gamma": 0.95}}
    state, expected = loaded.network.state_dict(), policy.network.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    assert not loaded.network.training
    assert saved_metrics(path) == {"validation/total_return": 0.25, "validation/sharpe_ratio": None}


def test_loading_draws_nothing_from_the_seeded_stream(saved):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    load_policy(saved[1])
    assert torch.equal(torch.rand(3), expected)


def test_the_same_policy_gives_the_same_bytes(saved, tmp_path):
    path = saved[1]
    again = tmp_path / "again.zip"
    save_policy(again, load_policy(path), {"validation/total_return": 0.25, "validation/sharpe_ratio": np.nan})
    assert again.read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive_:
        assert sorted(archive_.namelist()) == sorted([WEIGHTS, DESCRIPTION])
        assert {entry.compress_type for entry in archive_.infolist()} == {zipfile.ZIP_STORED}


def test_a_folder_of_the_two_files_is_a_policy_too(saved, tmp_path):
    policy, path = saved
    with zipfile.ZipFile(path) as archive_:
        archive_.extractall(tmp_path / "folder")
    observations = observations_of(policy)
    assert (load_policy(tmp_path / "folder").logits(observations) == policy.logits(observations)).all()
    (tmp_path / "folder" / WEIGHTS).unlink()
    with pytest.raises(StorageError, match="is not a file"):
        load_policy(tmp_path / "folder")


def edited(path, target, edit):
    with zipfile.ZipFile(path) as archive_:
        content = json.loads(archive_.read(DESCRIPTION))
    edit(content)
    return repacked(path, target, **{DESCRIPTION: json.dumps(content).encode()})


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda c: c.pop("rules"), "rules"),
        (lambda c: c.update(version=2), "version"),
        (lambda c: c.update(more=1), "more"),
        (lambda c: c.update(net_arch=[16, 13]), r"\[16, 12\] units"),
        (lambda c: c.update(net_arch=[10**9]), "net_arch"),
        (lambda c: c["rules"].update(commission=2.0), "commission is 2.0"),
        (lambda c: c["spaces"].update(actions=["buy", "hold", "sell"]), "actions"),
        (lambda c: c["features"].update(warm_up=1), "changed by hand"),
        (lambda c: c["observation"]["observation"][0].update(name="other"), "changed by hand"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(saved, tmp_path, edit, match):
    with pytest.raises(TradeproofError, match=match) as caught:
        load_policy(edited(saved[1], tmp_path / "edited.zip", edit))
    one_line(caught)


def with_weights(saved, target, change):
    with zipfile.ZipFile(saved[1]) as archive_:
        state = load(archive_.read(WEIGHTS))
    change(state)
    return repacked(saved[1], target, **{WEIGHTS: save(state)})


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda s: s.update({"action_net.bias": torch.full((3,), torch.nan)}), "not finite"),
        (lambda s: s.update({"action_net.bias": torch.zeros(3, dtype=torch.float16)}), "float32"),
        (lambda s: s.pop("action_net.bias"), "action_net.bias"),
        (lambda s: s.update({"action_net.bias": torch.zeros(4)}), "size mismatch"),
        (lambda s: s.update({"features_extractor.scale": s["features_extractor.scale"] * 0}), "scale"),
        (lambda s: s.update({"more": torch.zeros(1)}), "more"),
    ],
)
def test_weights_that_do_not_fit_are_refused(saved, tmp_path, change, match):
    with pytest.raises(StorageError, match=match) as caught:
        load_policy(with_weights(saved, tmp_path / "weights.zip", change))
    one_line(caught)


@pytest.mark.parametrize("kept", [0, 1, 100, 5000])
def test_a_truncated_file_is_refused(saved, foreign, features, tmp_path, kept):
    for number, path in enumerate((saved[1], foreign[1])):
        cut = tmp_path / f"cut{number}.zip"
        cut.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(StorageError, match="cannot be read as a zip file") as caught:
            open_policy(cut, features, RULES)
        one_line(caught)


def test_a_file_damaged_anywhere_is_refused_or_unharmed(saved):
    """Every entry carries a checksum: a changed byte of the weights or the description does not get through."""
    policy, path = saved
    content, observations = path.read_bytes(), observations_of(policy, 20)
    generator, refused = np.random.default_rng(0), 0
    for place in generator.integers(0, len(content), 60):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            loaded = load_policy(path)
        except TradeproofError:
            refused += 1
        else:
            assert (loaded.logits(observations) == policy.logits(observations)).all()
    assert refused > 50


def test_absent_files_folders_and_devices_are_refused(features, tmp_path):
    for path in (tmp_path / "absent.zip", Path("/dev/zero")):
        with pytest.raises(StorageError, match="is not a file"):
            open_policy(path, features, RULES)
    with pytest.raises(StorageError, match="is not a file"):
        open_policy(tmp_path, features, RULES)


@pytest.mark.parametrize("name", ["../escaped.txt", "/tmp/escaped.txt", "policy.pkl", "a/../policy.pth"])
def test_an_entry_with_another_name_is_refused_and_written_nowhere(saved, foreign, features, tmp_path, name):
    folder = tmp_path / "inside"
    folder.mkdir()
    for number, path in enumerate((saved[1], foreign[1])):
        strange = repacked(path, folder / f"{number}.zip", **{name: b"escaped"})
        with pytest.raises(StorageError, match="holds an entry"):
            open_policy(strange, features, RULES)
    assert list(tmp_path.rglob("escaped*")) == []


def test_an_archive_that_unpacks_to_more_than_memory_is_refused_unread(foreign, features, tmp_path, monkeypatch):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("policy.pth", bytes(archive.MOST_BYTES + 1))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(StorageError, match="unpacks to 67108865 bytes"):
        open_policy(bomb, features, RULES)
    inner = repacked(foreign[1], tmp_path / "inner.zip", **{"policy.pth": bomb.read_bytes()})
    with pytest.raises(StorageError, match=r"policy\.pth unpacks to"):
        open_policy(inner, features, RULES)


def test_a_policy_of_stable_baselines3_acts_as_its_own_predict(foreign, features, width):
    ppo, path = foreign
    policy = open_policy(path, features, RULES)
    observations = observations_of(policy)
    expected, _ = ppo.predict(observations.values, deterministic=True)
    assert set(expected.tolist()) == {0, 1, 2}
    assert (policy.actions(observations) == expected).all()
    assert policy.net_arch == (8, 6)
    assert policy.rules == RULES
    assert (policy.baseline == 0.0).all()


def test_the_activation_is_read_from_the_plain_json(features, width, tmp_path):
    for activation in (torch.nn.ReLU, torch.nn.Tanh, torch.nn.ELU):
        ppo = PPO("MlpPolicy", Still(width), seed=0, device="cpu", policy_kwargs={"activation_fn": activation})
        ppo.save(tmp_path / "model.zip")
        if activation is torch.nn.ELU:
            with pytest.raises(ContractError, match=r"activation .*ELU.*Tanh, ReLU"):
                load_foreign_policy(tmp_path / "model.zip", features, RULES)
            continue
        policy = load_foreign_policy(tmp_path / "model.zip", features, RULES)
        observations = observations_of(policy)
        with torch.no_grad():
            found = ppo.policy.get_distribution(torch.tensor(observations.values)).distribution.probs.numpy()
        assert policy.probabilities(observations) == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize(
    ("extra", "actions", "match"),
    [
        (1, 3, "reads {more} inputs and takes 3 actions, observations of these features have {width} numbers"),
        (0, 2, "takes 2 actions"),
        (0, None, "log_std"),
    ],
)
def test_another_width_or_action_space_is_refused(features, width, tmp_path, extra, actions, match):
    PPO("MlpPolicy", Still(width + extra, actions), device="cpu").save(tmp_path / "model.zip")
    with pytest.raises(ContractError, match=match.format(more=width + 1, width=width)) as caught:
        open_policy(tmp_path / "model.zip", features, RULES)
    one_line(caught)


def test_a_policy_of_other_features_is_refused(saved, params):
    other = feature_contract(params.build_features.model_copy(update={"rsi_bars": 21}))
    with pytest.raises(ContractError, match="was trained on the features"):
        open_policy(saved[1], other, RULES)


@pytest.mark.parametrize("place", ["policy.pth", "data", "policy.optimizer.pth", "pytorch_variables.pth", "legacy"])
def test_a_malicious_zip_runs_nothing(foreign, features, tmp_path, place):
    """Pickles that write a file are hidden in every entry that stable-baselines3 may unpickle."""
    target = tmp_path / "ran.txt"
    bomb = Bomb(str(target))
    if place == "data":
        content = {"policy_class": {":type:": "x", ":serialized:": base64.b64encode(pickle.dumps(bomb)).decode()}}
        changes = {"data": json.dumps(content).encode()}
    elif place == "legacy":
        buffer = io.BytesIO()
        torch.save({"weights": bomb}, buffer, _use_new_zipfile_serialization=False)
        changes = {"policy.pth": buffer.getvalue()}
    else:
        changes = {place: torch_bytes({"weights": bomb})}
    path = repacked(foreign[1], tmp_path / "malicious.zip", **changes)
    if place in ("policy.pth", "legacy"):
        with pytest.raises(StorageError, match=r"policy\.pth") as caught:
            open_policy(path, features, RULES)
        one_line(caught)
    else:  # an entry that is never opened
        policy = open_policy(path, features, RULES)
        observations = observations_of(policy)
        assert (policy.actions(observations) == foreign[0].predict(observations.values, deterministic=True)[0]).all()
    assert not target.exists()
    if place == "data":  # the bomb is live: what the library's own loader does with it
        load_from_zip_file(path)
        assert target.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", pickle.dumps({"a": 1}), torch_bytes([1, 2]), torch_bytes({1: torch.zeros(2)}), torch_bytes({})],
)
def test_weights_that_are_none_are_refused(foreign, features, tmp_path, content):
    path = repacked(foreign[1], tmp_path / "odd.zip", **{"policy.pth": content})
    with pytest.raises(TradeproofError) as caught:
        open_policy(path, features, RULES)
    one_line(caught)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda s: s["action_net.weight"].fill_(torch.inf), "not finite"),
        (lambda s: s.update({"action_net.weight": s["action_net.weight"].double()}), "float32"),
        (lambda s: s.update({"action_net.weight": s["action_net.weight"].to_sparse()}), "action_net.weight"),
        (lambda s: s.update({"action_net.weight": torch.zeros(1).expand(10**6, 10**6)}), "no plain tensor"),
        (lambda s: s.update({"action_net.weight": torch.zeros(3, 6, device="meta")}), "no plain tensor"),
        (lambda s: s.pop("action_net.bias"), "Missing key"),
        (lambda s: s.update({"features_extractor.cnn.weight": torch.zeros(2)}), "features_extractor.cnn"),
        (lambda s: s.update({"action_net.bias": torch.zeros(5)}), "size mismatch"),
        (lambda s: s.pop("mlp_extractor.policy_net.0.weight"), "reads 8 inputs"),
    ],
)
def test_foreign_weights_that_do_not_fit_are_refused(foreign, features, tmp_path, change, match):
    state = OrderedDict((name, tensor.clone()) for name, tensor in foreign[0].policy.state_dict().items())
    change(state)
    path = repacked(foreign[1], tmp_path / "odd.zip", **{"policy.pth": torch_bytes(state)})
    with pytest.raises(TradeproofError, match=match) as caught:
        open_policy(path, features, RULES)
    one_line(caught)


def test_a_storage_that_claims_more_than_was_written_is_refused(foreign, features, tmp_path):
    """The numbers are cut in half and the pickle is left as it was: the rest would be read from beyond the record."""
    with zipfile.ZipFile(io.BytesIO(torch_bytes(foreign[0].policy.state_dict()))) as archive_:
        records = {name: archive_.read(name) for name in archive_.namelist()}
    cut = {name: content[: len(content) // 2] if "/data/" in name else content for name, content in records.items()}
    assert sum(len(cut[name]) < len(records[name]) for name in records) == len(foreign[0].policy.state_dict())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive_:
        for name, content in cut.items():
            archive_.writestr(name, content)
    path = repacked(foreign[1], tmp_path / "odd.zip", **{"policy.pth": buffer.getvalue()})
    with pytest.raises(StorageError, match=r"policy\.pth holds"):
        open_policy(path, features, RULES)
