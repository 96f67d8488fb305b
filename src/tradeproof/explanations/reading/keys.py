"""Which quantity a name means, by the facts."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from tradeproof.explanations.facts import Facts
from tradeproof.explanations.quantities import is_quantity, quantity
from tradeproof.explanations.reading.items import Item

LEVELS = ("average_", "high_", "low_")


def keys_by_family(facts: Facts) -> dict[str, list[str]]:
    """All keys that facts speak of, by the pattern of their family."""
    told: list[str] = []
    for snapshot in facts.snapshots:
        told += snapshot.readings
        told += [driver.key for driver in snapshot.drivers]
        told += [snapshot.counterfactual.key] if snapshot.counterfactual else []
    return _by_family((*dict.fromkeys(told), *facts.universe))


@lru_cache(maxsize=1024)
def _by_family(keys: tuple[str, ...]) -> dict[str, list[str]]:
    """By the pattern of a family; kept, since many facts tell the same quantities."""
    found: dict[str, dict[str, None]] = {}
    for key in keys:
        pattern = family_of(key)
        if pattern is not None:
            found.setdefault(pattern, {})[key] = None
    return {pattern: list(named) for pattern, named in found.items()}


@lru_cache(maxsize=4096)
def family_of(key: str) -> str | None:
    """The pattern of a key's family; None where it names no quantity."""
    return quantity(key).family.pattern if is_quantity(key) else None


def resolve(pattern: str, windows: tuple[int, ...], keys: Mapping[str, Sequence[str]]) -> str | None:
    """The one key that a name can mean; None where the facts hold none, or several."""
    fitting = [key for key in keys.get(pattern, ()) if not windows or _numbers_of(key)[: len(windows)] == windows]
    return fitting[0] if len(fitting) == 1 else None


@cache
def _numbers_of(key: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", key))


def key_of(item: Item, keys: Mapping[str, Sequence[str]]) -> str | None:
    """The key of a quantity; a level counts as known where the distance to it is."""
    key = resolve(item.says, item.windows, keys)
    prefix = item.says.removesuffix(r"(\d+)")
    if key is None and item.windows and prefix in LEVELS:
        distance = resolve(rf"{prefix}distance_(\d+)", item.windows, keys)
        return None if distance is None else f"{prefix}{item.windows[0]}"
    return key
