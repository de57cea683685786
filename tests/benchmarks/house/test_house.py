"""The figures of small made-up houses, counted by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.house.__main__ import PACKAGES, checked_out, main, report, room_figures, total_figures
from benchmarks.house.graph import Graph, circles, components, levels
from benchmarks.house.modules import code_lines, imports, modules

HOUSE = {
    "flows/__init__.py": '"""The flows."""\n',
    "flows/cli.py": "from flows.running import run\nimport warehouse.store.disk as disk\n",
    "flows/running/__init__.py": "",
    "flows/running/run.py": "from flows.running.parts import one, two\n\nx = 1\n",
    "flows/running/parts.py": (
        "from __future__ import annotations\n"
        "import polars\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from flows.cli import main\n"
        "one = two = 2  # both\n"
        "def later():\n"
        '    """Later."""\n'
        "    from .run import x\n"
        "    return x\n"
    ),
    "warehouse/__init__.py": "",
    "warehouse/errors.py": "class Wrong(Exception):\n    pass\n",
    "warehouse/store/__init__.py": "",
    "warehouse/store/disk.py": "from warehouse.errors import Wrong\nfrom warehouse.store import tape\n",
    "warehouse/store/tape.py": "from ..errors import Wrong\n",
    "tests/test_all.py": "import flows.cli\n",
}


def build(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    build(tmp_path, HOUSE)
    return tmp_path


def rows(frame: Any, key: str) -> dict[str, tuple[Any, ...]]:
    return {row[key]: tuple(value for name, value in row.items() if name != key) for row in frame.to_dicts()}


def test_room_figures_of_a_small_house(house: Path) -> None:
    assert rows(room_figures(modules(house, PACKAGES)), "room") == {
        # modules, lines, levels, circles, imports
        "flows": (2, 2, 1, 0, "flows/running, warehouse/store"),
        "flows/running": (3, 11, 1, 1, ""),
        "warehouse": (2, 2, 1, 0, ""),
        "warehouse/store": (3, 3, 2, 0, "warehouse"),
    }


def test_total_figures_of_a_small_house(house: Path) -> None:
    assert rows(total_figures(modules(house, PACKAGES)), "packages") == {
        # rooms, modules, lines, levels, circles, levels of rooms, circles of rooms
        "flows": (2, 5, 13, 2, 1, 2, 0),
        "transforms": (0, 0, 0, 0, 0, 0, 0),
        "expectations": (0, 0, 0, 0, 0, 0, 0),
        "warehouse": (2, 5, 5, 3, 0, 2, 0),
        "flows and warehouse": (4, 10, 18, 4, 1, 3, 0),
    }


def test_report_names_the_circles(house: Path) -> None:
    text = report(house, "A house")
    assert "## Circles of modules\n\n- 2: flows.running.parts, flows.running.run\n" in text
    assert "## Circles of rooms\n\nNone.\n" in text


def test_report_of_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert report(tmp_path, "Nothing") == "# Nothing\n\nNo modules.\n"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("", 0),
        ("# only a comment\n\n", 0),
        ('"""Of a module.\n\nOver lines.\n"""\n', 0),
        ("x = 1  # a comment behind\n", 1),
        ("x = 1; y = 2\n", 1),
        ("x = (\n    1,\n\n    # of two\n    2,\n)\n", 4),
        ('x = 1\n"""What x is."""\n', 1),
        ('x = """\nfirst\n\nthird\n"""\n', 4),
        ('def f(): "Of f."\n', 1),
        ('class A:\n    """Of A."""\n\n    x: int\n    "Of x."\n', 2),
        ('f(\n    "a text that is an argument"\n)\n', 3),
        ("x = 1", 1),
        ("if x:\n    pass\n# behind\nelse:\n    pass", 4),
        ('x = f"""\n{y}\n"""\n', 3),
        ("x = 1 + \\\n    2\n", 2),
    ],
)
def test_code_lines(source: str, count: int) -> None:
    assert code_lines(source) == count


KNOWN = {"a", "a.b", "a.b.c", "a.d"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import a.b.c", {"a.b.c"}),
        ("import a.b.c as c, a.d", {"a.b.c", "a.d"}),
        ("from a.b import c", {"a.b.c"}),
        ("from a.b import Thing", {"a.b"}),
        ("from a.b.c import Thing, other", {"a.b.c"}),
        ("from a import *", {"a"}),
        ("from . import d", {"a.d"}),
        ("from .b import Thing", {"a.b"}),
        ("from .b.c import Thing", {"a.b.c"}),
        ("import ab, polars", set()),
        ("from ab import d", set()),
        ("def f():\n    class A:\n        import a.d\n", {"a.d"}),
        ("try:\n    import a.d\nexcept ImportError:\n    import a.b\n", {"a.b", "a.d"}),
        ("if TYPE_CHECKING:\n    import a.d\n", set()),
        ("if typing.TYPE_CHECKING:\n    import a.d\nelse:\n    import a.b\n", {"a.b"}),
        ("if TYPE_CHECKING:\n    pass\nelif x:\n    import a.b\n", {"a.b"}),
        ("if not TYPE_CHECKING:\n    import a.d\n", {"a.d"}),
        ("if not TYPE_CHECKING:\n    import a.d\nelse:\n    import a.b\n", {"a.d"}),
        ("if x:\n    pass\nelif TYPE_CHECKING:\n    import a.d\n", set()),
        ("def f():\n    if TYPE_CHECKING:\n        import a.d\n", set()),
    ],
)
def test_imports(source: str, found: set[str]) -> None:
    assert set(imports(source, "a", KNOWN)) == found


def test_imports_of_a_package_begin_at_itself(tmp_path: Path) -> None:
    build(tmp_path, {"a/__init__.py": "from .b import x\n", "a/b.py": "x = 1\n", "a/c/__init__.py": "from .. import b"})
    assert {module.name: module.imports for module in modules(tmp_path, ["a"])} == {
        "a": {"a.b"},
        "a.b": frozenset(),
        "a.c": {"a.b"},
    }


NAMES = "abcdef"
GRAPHS = st.fixed_dictionaries({name: st.frozensets(st.sampled_from(NAMES)) for name in NAMES})


def reachable(graph: Graph, start: str) -> set[str]:
    """Follow all imports of a thing; itself only where a circle leads back."""
    seen: set[str] = set()
    todo = [*graph[start]]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph[name]
    return seen


@given(GRAPHS)
def test_components_are_what_can_be_reached_both_ways(graph: Graph) -> None:
    reach = {name: reachable(graph, name) | {name} for name in NAMES}
    expected = {tuple(sorted(b for b in NAMES if b in reach[a] and a in reach[b])) for a in NAMES}
    found = components(graph)
    assert sorted(found) == sorted(expected)
    place = {name: number for number, component in enumerate(found) for name in component}
    assert all(place[other] <= place[name] for name in NAMES for other in graph[name])
    assert circles(graph) == sorted(component for component in expected if len(component) > 1)


@given(GRAPHS)
def test_levels_is_the_longest_chain_of_components(graph: Graph) -> None:
    home = {name: component for component in components(graph) for name in component}

    def chain(component: tuple[str, ...]) -> int:
        below = {home[other] for name in component for other in graph[name]} - {component}
        return 1 + max(map(chain, below), default=0)

    assert levels(graph) == max(map(chain, home.values()))


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_git_counts_another_revision(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _git(house, "init", "--quiet")
    _git(house, "add", ".")
    _git(house, "commit", "--quiet", "-m", "before")
    _git(house, "tag", "before")
    before = report(house, "The house at before")
    build(house, {"flows/new.py": "x = 1\n", "transforms/new.py": "x = 1\n"})
    main(["--git", "before", "--root", str(house)])
    assert capsys.readouterr().out == before
    main(["--root", str(house)])
    assert "| transforms | 1 | 1 | 1 | 0 |  |" in capsys.readouterr().out
    with checked_out(house, "before") as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["flows", "warehouse"]
    assert not folder.exists()


def test_git_unknown_revision_is_an_error_of_the_command_line(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _git(house, "init", "--quiet")
    with pytest.raises(SystemExit) as ended:
        main(["--git", "nowhere", "--root", str(house)])
    assert ended.value.code == 2
    assert "nowhere" in capsys.readouterr().err
