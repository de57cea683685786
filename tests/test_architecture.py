"""The house rules that a machine can hold: which way imports go, and what no file of the project may name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT
from tests.support.project import project_files

PACKAGES: Final = ("flows", "transforms", "expectations", "warehouse")
SHARED: Final = {"warehouse.contract"}
"""What transforms and expectations may use of the warehouse: the contract of the tables."""

MAY_IMPORT: Final[dict[str, tuple[str, ...]]] = {
    "flows": ("transforms", "expectations", "warehouse"),
    "transforms": (),
    "expectations": (),
    "warehouse": (),
}
MOST_LINES: Final = 500
MOST_FUNCTION_LINES: Final = 80

ROOMS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "flows": (
        ("__main__",),
        ("cli",),
        ("commands",),
        ("orchestration", "browse"),
        ("running",),
        ("collecting", "reports"),
        ("config",),
        ("workers",),
        ("progress", "stopping"),
        ("printable", "output"),
    ),
    "warehouse": (
        ("warehouse",),
        ("publishing", "inventory", "repair", "verify", "exporting"),
        ("releases",),
        ("ledger", "storage"),
        ("contract",),
        ("errors",),
    ),
}
"""The rooms of a package from top to bottom: each may import those below it, not those beside or above it."""

MODULES: Final = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def _imported(path: Path) -> Iterator[str]:
    """Give every module that a file imports, anywhere in it, with its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            yield from (f"{base}.{alias.name}" if "." not in base else base for alias in node.names)


def _forbidden(package: str, module: str) -> bool:
    first = module.partition(".")[0]
    if first not in PACKAGES or first == package or first in MAY_IMPORT[package]:
        return False
    return not (package != "warehouse" and any(module == s or module.startswith(f"{s}.") for s in SHARED))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert [module for module in _imported(path) if _forbidden(package, module)] == []


@pytest.mark.parametrize(
    ("package", "module", "is_forbidden"),
    [
        ("flows", "warehouse.warehouse", False),
        ("transforms", "warehouse.contract", False),
        ("transforms", "warehouse.warehouse", True),
        ("expectations", "transforms.normalising.money", True),
        ("warehouse", "expectations.gate", True),
        ("warehouse", "flows.running.run", True),
        ("transforms", "polars", False),
    ],
)
def test_forbidden_knows_the_directions(package: str, module: str, is_forbidden: bool) -> None:
    assert _forbidden(package, module) is is_forbidden


def _floors(package: str) -> dict[str, int]:
    return {room: floor for floor, rooms in enumerate(ROOMS[package]) for room in rooms}


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_only_those_below_them(package: str) -> None:
    floors, wrong = _floors(package), []
    for path in (path for path in MODULES if path.relative_to(ROOT).parts[0] == package):
        room = path.relative_to(ROOT / package).with_suffix("").parts[0]
        for module in _imported(path):
            first, _, rest = module.partition(".")
            other = rest.partition(".")[0]
            if first == package and other != room and room in floors and other in floors:
                wrong += [f"{path.relative_to(ROOT)}: {module}"] if floors[other] <= floors[room] else []
    assert wrong == []


@pytest.mark.parametrize("package", ROOMS)
def test_every_room_has_its_floor(package: str) -> None:
    there = {path.relative_to(ROOT / package).with_suffix("").parts[0] for path in (ROOT / package).rglob("*.py")}
    assert there - {"__init__"} == set(_floors(package))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def _long_functions(path: Path) -> list[str]:
    """Name the functions of a file that are too long; the options of a command, its signature, do not count."""
    is_command = path.is_relative_to(ROOT / "flows" / "commands")
    return [
        f"{path.relative_to(ROOT)}: {node.name}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - (node.body[0].lineno if is_command else node.lineno) >= MOST_FUNCTION_LINES
    ]


def test_functions_stay_small() -> None:
    assert [name for path in project_files() if path.suffix == ".py" for name in _long_functions(path)] == []


_ENVIRONMENT: Final = re.compile(
    r"(?:os\.environ(?:\[[^]]*\] *=[^=]|\.(?:update|setdefault|pop|clear)\()|os\.(?:putenv|unsetenv)\(|del os\.environ)"
)


def test_flows_write_the_environment_in_one_place() -> None:
    writers = {path for path in MODULES if _ENVIRONMENT.search(path.read_text(encoding="utf-8"))}
    assert {str(path.relative_to(ROOT)) for path in writers if path.is_relative_to(ROOT / "flows")} == {
        "flows/orchestration/environment.py"
    }


ACROSS: Final = {
    "test_words.py": "the words of the project",
    "test_architecture.py": "all of the project",
    "flows/test_chinese_output.py": "all that is shown in Chinese",
    "flows/test_hostile_texts.py": "texts of strangers through what the command line writes",
    "test_questions.py": "the queries of docs/questions.md on the views",
    "test_golden.py": "documents from pages to tables",
    "benchmarks/test_commands.py": "every benchmark",
    "benchmarks/house/test_house.py": "the package as a whole",
    "expectations/test_any_input.py": "every rule, on rows that nobody foresaw",
    "expectations/test_blank_and_unread.py": "rules that judge with cells missing",
    "expectations/test_never_accused.py": "every critical rule, on forms that are right",
    "expectations/test_printed_forms.py": "every rule, on forms as printed that are broken or right",
    "expectations/test_shanghai.py": "the rules on the six forms of Shanghai",
    "expectations/test_scores.py": "rules on the scores of indicators",
    "flows/browse/test_in_browser.py": "the pages as Chromium shows them",
    "flows/collecting/test_hostile_files.py": "what a folder of strangers may hold",
    "flows/collecting/test_hostile_web.py": "what a server of strangers may answer",
    "flows/running/test_hostile_pdfs.py": "whole runs with PDFs of strangers",
    "flows/test_bucket.py": "runs and commands on a warehouse in a bucket",
    "flows/test_nights.py": "nights from the web to the dataset",
    "flows/test_quarantine.py": "ways out of quarantine",
    "flows/test_recipes.py": "the examples of the pages and the notebook, on the samples",
    "transforms/assembly/test_provincial_forms.py": "forms of provinces through the whole assembly",
    "transforms/assembly/test_unseen_forms.py": "other forms through the whole assembly",
    "transforms/assembly/test_unseen_layouts.py": "layouts through the whole assembly",
    "transforms/normalising/test_clerk.py": "targets and actuals through the whole normalising",
    "warehouse/exporting/test_clients.py": "what each client reads of a release",
    "warehouse/test_faults.py": "the warehouse on sick disks, with many at once",
    "warehouse/test_kills.py": "the warehouse under SIGKILL",
}
"""Tests that go across modules, and what they are of."""


def _mirrored(test: Path) -> list[Path]:
    """Return what a test may be of: a module or a room of its name, or a module whose name its own begins with."""
    folder, words = ROOT / test.relative_to(ROOT / "tests").parent, test.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return [path for name in names for path in (folder / f"{name}.py", folder / name) if path.exists()]


def test_tests_mirror_the_code() -> None:
    tests = {str(path.relative_to(ROOT / "tests")): path for path in (ROOT / "tests").rglob("test_*.py")}
    assert {name for name, path in tests.items() if not _mirrored(path)} == {*ACROSS}


def test_tests_import_no_test_module() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / "tests").rglob("*.py")
        for module in _imported(path)
        if re.match(r"tests\..*\btest_", module)
    ]
    assert found == [], "what tests share belongs into tests/support"


_UNWANTED: Final = re.compile(
    "|".join(
        [
            r"files\.python" + r"hosted",
            r"pypi\." + r"(org|tuna|python)",
            r"https?://[^\s)\"']*/" + r"(simple|packages)/",
            r"registry\." + r"npm",
            r"/(home|root|Users)/" + r"[a-z]",
            r"(?<![\w.])/tmp/" + r"[a-z]",
            re.escape(f"{ROOT}/"),
        ]
    )
)


def test_no_file_names_a_machine_path_or_a_package_registry() -> None:
    found = []
    for path in project_files():
        if path.suffix in {".pdf", ".png", ".parquet", ".ttf", ".otf"} or path.name == "uv.lock":
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in _UNWANTED.finditer(text)]
    assert found == []


def test_lock_file_is_not_kept() -> None:
    assert "/uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_requirements_are_the_pins_of_the_project_with_hashes() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([\w.-]+==[^ ;\\]+(?: ; [^\\\n]+)?)((?: *\\\n +--hash=sha256:[0-9a-f]{64})+)$", required, re.M
    )
    assert [pin.strip() for pin, _ in entries] == project["tool"]["uv"]["constraint-dependencies"]
    assert len(entries) == sum(1 for line in required.splitlines() if line[:1].strip())
    pinned = {re.split(r"==", pin)[0] for pin, _ in entries}
    groups = project["dependency-groups"].values()
    extras = project["project"]["optional-dependencies"].values()
    declared = [*project["project"]["dependencies"], *(d for group in (*groups, *extras) for d in group)]
    declared = [d for d in declared if not d.startswith("jixiao[")]
    assert {re.split(r"[<>=\[ ;]", name)[0] for name in declared} <= pinned


def test_requirements_of_a_service_are_those_of_the_project_without_its_tools() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    deployed, required = (
        set(re.findall(r"^[\w.-]+==[^ ;]+|sha256:\w+", (folder / "requirements.txt").read_text(encoding="utf-8"), re.M))
        for folder in (ROOT / "deploy", ROOT)
    )
    assert deployed <= required
    pinned = {pin.split("==")[0] for pin in deployed}
    declared = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert {re.split(r"[<>=\[ ;]", name)[0] for name in declared} <= pinned
    assert not pinned & {"pytest", "ruff", "mypy", "moto", "hypothesis"}
