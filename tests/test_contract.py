"""The contract says what a table holds, survives a file, and refuses any other table in one line."""

import json

import pytest

from tradeproof.data.bars import BARS_COLUMNS
from tradeproof.errors import ContractError
from tradeproof.features.contract import FeatureContract, feature_contract
from tradeproof.features.table import build_table


@pytest.fixture(scope="module")
def contract(params):
    return feature_contract(params.build_features)


@pytest.fixture
def table(params, random_bars):
    return build_table(random_bars(300), params.build_features)


def test_the_contract_describes_the_table_that_is_built(contract, table):
    contract.check(table)
    assert contract.columns == tuple(table.columns)
    assert len(contract.names) == len(contract.definitions) == len(contract.dtypes) == len(set(contract.names))


def test_each_feature_has_a_definition_of_one_line(contract):
    assert len(contract.names) >= 25
    for name, definition in zip(contract.names, contract.definitions, strict=True):
        assert len(definition) > 15, name
        assert "\n" not in definition, name


def test_a_contract_survives_its_file(contract):
    content = json.loads(json.dumps(contract.to_dict(), allow_nan=False))
    assert FeatureContract.from_dict(content) == contract
    assert list(content) == ["version", "features", "warm_up", "params", "hash"]
    assert list(content["features"][0]) == ["name", "dtype", "definition"]


def test_other_windows_make_another_contract(params, contract):
    other = feature_contract(params.build_features.model_copy(update={"rsi_bars": 15}))
    assert other.hash != contract.hash
    assert set(contract.names) ^ set(other.names) == {"rsi_14", "rsi_15"}


@pytest.mark.parametrize(
    ("update", "name"),
    [
        ({"drawdown_bars": 900}, "drawdown_900"),
        ({"average_bars": [20, 700]}, "average_distance_700"),
        ({"return_bars": [500]}, "return_500"),
    ],
)
def test_the_warm_up_follows_the_longest_window(params, random_bars, update, name):
    changed = params.build_features.model_copy(update=update)
    contract = feature_contract(changed)
    bars = random_bars(contract.warm_up + 2)
    table = build_table(bars, changed)
    assert name in contract.names
    assert table["ready"].tolist() == [False] * contract.warm_up + [True, True]


@pytest.mark.parametrize("key", ["version", "features", "warm_up", "params", "hash"])
def test_a_contract_with_a_missing_key_is_refused(contract, key):
    content = contract.to_dict()
    del content[key]
    with pytest.raises(ContractError, match=f"feature contract cannot be read .*{key}"):
        FeatureContract.from_dict(content)


def test_a_contract_changed_by_hand_is_refused(contract):
    content = contract.to_dict()
    content["features"][0]["definition"] = "log(close / close tomorrow)"
    with pytest.raises(ContractError, match=f"changed by hand: its hash is {contract.hash[:12]}, its content gives"):
        FeatureContract.from_dict(content)


def test_a_contract_with_params_that_are_not_windows_is_refused(contract):
    content = contract.to_dict()
    content["params"] = {**content["params"], "rsi_bars": "many"}
    with pytest.raises(ContractError, match=r"rsi_bars") as caught:
        FeatureContract.from_dict(content)
    assert "\n" not in str(caught.value)


def test_a_missing_column_is_named(contract, table):
    with pytest.raises(ContractError, match=r"^feature table has macd_12_26 at place \d+, expected rsi_14; run "):
        contract.check(table.drop(columns="rsi_14"))
    with pytest.raises(ContractError, match="feature table has no column ready, expected at place"):
        contract.check(table.drop(columns="ready"))


def test_two_columns_that_changed_places_are_named(contract, table):
    columns = list(table.columns)
    first, second = columns.index("return_1"), columns.index("return_5")
    columns[first], columns[second] = columns[second], columns[first]
    with pytest.raises(ContractError, match="feature table has return_5 at place 7, expected return_1"):
        contract.check(table[columns])


def test_a_column_too_many_is_named(contract, table):
    with pytest.raises(ContractError, match=r"feature table has tomorrow at place \d+, expected no more columns"):
        contract.check(table.assign(tomorrow=1.0))


@pytest.mark.parametrize(
    ("name", "dtype", "expected"),
    [("rsi_14", "float32", "float64"), ("volatility", "float32", "float64"), ("ready", "int64", "bool")],
)
def test_another_dtype_is_named(contract, table, name, dtype, expected):
    with pytest.raises(ContractError, match=f"feature {name} is {dtype}, expected {expected}"):
        contract.check(table.astype({name: dtype}))


def test_bars_alone_are_not_a_feature_table(contract, random_bars):
    with pytest.raises(ContractError, match=f"no column {contract.names[0]}, expected at place {len(BARS_COLUMNS)}"):
        contract.check(random_bars(10))
