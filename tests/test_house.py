"""The plan of the house holds: floors, homes of heavy libraries, stage deps, and the three dependency lists."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

FLOORS = [
    {"errors"},
    {"params", "runtime"},
    {"progress", "tracking"},
    {"data", "market"},
    {"features"},
    {"envs", "forecasting", "explanations"},
    {"agents"},
    {"evaluation"},
    {"serving"},
    {"stages"},
    {"cli"},
]
HOMES = {
    "mlflow": {"tracking", "serving"},
    "numba": {"market", "envs"},
    "gymnasium": {"envs", "agents"},
    "stable_baselines3": {"agents"},
    "talib": {"features"},
    "yaml": {"params"},
    "transformers": {"forecasting"},
    "peft": {"forecasting"},
    "lightgbm": {"evaluation"},
    "yfinance": {"data"},
    "exchange_calendars": {"data"},
    "pandera": {"data"},
}
# these change no number that a stage writes
NO_NUMBERS = {"errors", "params", "progress", "tracking", "stages"}


def modules(source):
    return {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((source / "tradeproof").rglob("*.py"))
    }


def imported(path):
    """Every absolute name that a file imports, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(module):
    return module.split(".")[1] if "." in module else "errors"


@pytest.fixture(scope="module")
def source(repository):
    return repository / "src"


@pytest.fixture(scope="module")
def tree(source):
    found = modules(source)
    assert len(found) > 30
    return found


def test_imports_point_strictly_downwards(tree):
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    broken = []
    for module, path in tree.items():
        for name in imported(path):
            if not name.startswith("tradeproof.") or room(name) == room(module):
                continue
            if floor[room(name)] >= floor[room(module)]:
                broken.append(f"{module} (floor {room(module)}) imports {name} (floor {room(name)})")
    assert broken == []


def test_each_heavy_library_has_one_home(tree):
    broken = [
        f"{module} imports {name}, whose home is {sorted(HOMES[name.split('.')[0]])}"
        for module, path in tree.items()
        for name in imported(path)
        if name.split(".")[0] in HOMES and room(module) not in HOMES[name.split(".")[0]]
    ]
    assert broken == []


def test_peers_that_tests_compare_with_stay_out_of_the_product(tree):
    names = {name.split(".")[0] for path in tree.values() for name in imported(path)}
    assert names & {"vectorbt", "backtesting", "gym_anytrading", "hypothesis", "pytest"} == set()


def test_the_command_line_starts_without_heavy_libraries():
    program = (
        "import sys; import tradeproof.cli, tradeproof.stages.layout\n"
        "print([name for name in ('torch', 'transformers', 'mlflow', 'pandas', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


DOORS = {
    "hftraining": {"train_with_profit", "base_model_trainer", "configuration"},
    "trading_llm": {"train_llm", "generate", "arguments"},
}


@pytest.mark.parametrize("door", DOORS)
def test_the_doors_are_the_top_floor(source, tree, door):
    """A door hides no logic: no heavy library of its own; and nothing of the house leans on a door."""
    paths = {path.stem: path for path in sorted((source / door).glob("*.py"))}
    assert set(paths) >= DOORS[door]
    for name, path in paths.items():
        roots = {found.split(".")[0] for found in imported(path)}
        assert roots & {*HOMES, *DOORS, "torch"} <= {door}, name
        assert not any(found.startswith("tradeproof.cli") for found in imported(path)), name
    assert [name for name, path in tree.items() if any(found.startswith(door) for found in imported(path))] == []


def reached(start, tree):
    """The modules of the package that a module imports, directly or through others."""
    seen, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        named = {candidate for name in imported(tree[module]) for candidate in (name, name.rpartition(".")[0])}
        waiting += [name for name in named if name in tree and name != "tradeproof"]
    return seen


def test_each_stage_depends_on_the_code_it_imports(repository, tree):
    stages = yaml.safe_load((repository / "dvc.yaml").read_text())["stages"]
    assert len(stages) == 9
    for name, stage in stages.items():
        declared = {dep for dep in stage["deps"] if dep.startswith("src/")}
        rooms = {room(module) for module in reached(f"tradeproof.stages.{name}", tree)} - NO_NUMBERS
        expected = {f"src/tradeproof/{found}" for found in rooms} | {f"src/tradeproof/stages/{name}.py"}
        assert declared == expected, f"deps of stage {name} in dvc.yaml"


def test_each_stage_is_one_word_everywhere(repository, params):
    stages = yaml.safe_load((repository / "dvc.yaml").read_text())["stages"]
    entry_points = yaml.safe_load((repository / "MLproject").read_text())["entry_points"]
    sections = yaml.safe_load((repository / "params.yaml").read_text())
    for name, stage in stages.items():
        assert (repository / "src" / "tradeproof" / "stages" / f"{name}.py").is_file()
        assert name in sections
        assert f"tradeproof {name}" in stage["cmd"]
        assert f"tradeproof {name}" in entry_points[name]["command"]
        assert stage["cmd"].startswith("${pinned} ")


def test_every_command_has_an_entry_point(repository):
    from tradeproof.cli import app

    entry_points = yaml.safe_load((repository / "MLproject").read_text())["entry_points"]
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert commands | {"main"} == set(entry_points)


def requirements(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    return project["dependencies"], project["optional-dependencies"]["dev"]


def pins(repository):
    lines = (repository / "constraints.txt").read_text().splitlines()
    return {
        normal(name): version
        for name, _, version in (line.partition("==") for line in lines if line and not line.startswith("#"))
    }


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_three_dependency_lists_agree(repository):
    dependencies, development = requirements(repository)
    conda = yaml.safe_load((repository / "conda.yaml").read_text())["dependencies"][-1]["pip"]
    assert [line for line in conda if not line.startswith("--")] == dependencies
    assert "--constraint constraints.txt" in conda
    pinned = pins(repository)
    for line in [*dependencies, *development]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[normal(requirement.name)]), line


def test_the_constraints_cover_the_whole_tree_that_is_installed(repository):
    """What the environment holds is what the file pins, down to the last indirect dependency."""
    pinned = pins(repository)
    installed = {normal(found.metadata["Name"]): found.version.split("+")[0] for found in distributions()}
    for name in ("tradeproof", "pip"):
        installed.pop(name, None)
    assert len(installed) > 100
    loose = {name: version for name, version in installed.items() if pinned.get(name) != version}
    assert loose == {}


def test_torch_is_asked_for_so_that_a_plain_pip_finds_a_build(repository):
    assert "torch==2.13.*" in requirements(repository)[0]


def test_no_text_of_the_project_names_a_machine_path(repository):
    files = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True).stdout
    texts = [repository / name for name in files.splitlines() if Path(name).suffix in {".py", ".md", ".yaml", ".toml"}]
    assert len(texts) > 30
    offending = [path.name for path in texts if re.search(r"/(work|home|root)/\w", path.read_text())]
    assert offending == []
