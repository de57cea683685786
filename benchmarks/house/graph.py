"""Circles and levels of a graph of imports."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TypeAlias

Graph: TypeAlias = Mapping[str, Set[str]]
"""What each thing imports. What is imported but not a key of its own does not count."""


def components(graph: Graph) -> list[tuple[str, ...]]:
    """Return the strongly connected components (Tarjan): things that import one another, directly or not.

    Returns:
        Each thing in one of them, alone where it is in no circle. What a component imports comes before it.
    """
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        waiting.append(name)
        for other in sorted(graph[name]):
            if other not in graph:
                continue
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in waiting:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            start = waiting.index(name)
            found.append(tuple(sorted(waiting[start:])))
            del waiting[start:]

    for name in sorted(graph):
        if name not in order:
            visit(name)
    return found


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Return the components of more than one thing, each sorted.

    Example:
        >>> circles({"a": {"b"}, "b": {"c"}, "c": {"b"}})
        [('b', 'c')]
    """
    return sorted(component for component in components(graph) if len(component) > 1)


def levels(graph: Graph) -> int:
    """Return how many things the longest chain of imports has; a circle counts as one of them.

    Example:
        >>> levels({"a": {"b", "c"}, "b": {"c"}, "c": set()})
        3
    """
    level: dict[str, int] = {}
    for component in components(graph):
        below = {other for name in component for other in graph[name]} - {*component}
        height = 1 + max((level[other] for other in below if other in graph), default=0)
        level.update(dict.fromkeys(component, height))
    return max(level.values(), default=0)


def within(graph: Graph, names: Set[str]) -> dict[str, Set[str]]:
    """Return the part of a graph that has only these things."""
    return {name: graph[name] & names for name in graph if name in names}
