"""Read params.yaml, and name every fault in it at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tradeproof.errors import ParamsError
from tradeproof.params.schema import AllParams, cross_section_faults


def load_params(path: Path) -> AllParams:
    """Read and check a params file.

    Raises:
        ParamsError: Naming every fault: key, value found, what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ParamsError(f"{path} cannot be read ({e}); expected a YAML file such as params.yaml") from e
    try:
        raw = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506  # a SafeLoader underneath
    except yaml.YAMLError as e:
        raise ParamsError(f"{path} is not YAML: {' '.join(str(e).split())}") from e
    if not isinstance(raw, Mapping):
        raise ParamsError(f"{path} holds {type(raw).__name__}, expected sections such as universe, data and split")
    return check_params(raw, path.name)


def check_params(raw: Mapping[str, Any], name: str) -> AllParams:
    """Check the content of a params file.

    Args:
        raw: Sections by name.
        name: What the faults are said to be in.

    Raises:
        ParamsError: Naming every fault: key, value found, what was expected.
    """
    try:
        params = AllParams.model_validate(raw)
    except ValidationError as e:
        raise _faults(name, [_line(error) for error in e.errors()]) from e
    contradictions = cross_section_faults(params)
    if contradictions:
        raise _faults(name, contradictions)
    return params


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, where YAML would silently keep the later one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
        if repeated:
            raise yaml.constructor.ConstructorError(None, None, f"key {repeated[0]} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _faults(name: str, lines: list[str]) -> ParamsError:
    count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
    return ParamsError(f"{name}: {count}: " + "; ".join(lines))


def _line(error: ErrorDetails) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "(top level)"
    if error["type"] == "missing":
        return f"{key} is missing, expected a value"
    if error["type"] == "extra_forbidden":
        return f"{key} is not a known key, expected one of those in the repository's params.yaml"
    if error["type"] == "value_error":
        return f"{key}: {error['msg'].removeprefix('Value error, ')}"
    expected = error["msg"].removeprefix("Input should be ").replace("Input should have", "to have")
    return f"{key} is {_short(error['input'])}, expected {expected}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
