"""When things run, in what order and with what retries: the command line and the Prefect flows."""

from __future__ import annotations


def package_version() -> str:
    """Return the version of jixiao that is installed; `unknown` when it runs from a folder that is not."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("jixiao")
    except PackageNotFoundError:
        return "unknown"
