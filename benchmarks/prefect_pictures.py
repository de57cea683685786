"""The pictures of the Prefect UI in docs/operations.md, made with headless Chromium.

    python -m benchmarks.prefect_pictures http://127.0.0.1:4200 docs/images

Needs `jixiao serve` at that address, with a nightly and a backfill run that have ended.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import httpx

WAIT_MS = 25_000


def take(address: str, folder: Path) -> None:
    """Write the pictures of the pages of a server into a folder."""
    asked = {"flows": {"name": {"any_": ["nightly"]}}, "sort": "START_TIME_DESC", "limit": 1}
    (night,) = httpx.post(f"{address}/api/flow_runs/filter", json=asked, timeout=60).raise_for_status().json()
    left = {"artifacts": {"flow_run_id": {"any_": [night["id"]]}, "key": {"any_": ["run-summary"]}}}
    (summary,) = httpx.post(f"{address}/api/artifacts/filter", json=left, timeout=60).raise_for_status().json()
    deployment = httpx.get(f"{address}/api/deployments/name/backfill/backfill", timeout=60).raise_for_status().json()
    pages = {
        "prefect-backfill": (f"/deployments/deployment/{deployment['id']}/run", 1280, 1400),
        "prefect-runs": ("/v2/runs", 1280, 960),
        "prefect-night": (f"/runs/flow-run/{night['id']}", 1280, 900),
        "prefect-artifacts": ("/v2/artifacts", 1280, 560),
        "prefect-summary": (f"/v2/artifacts/artifact/{summary['id']}", 1280, 1000),
    }
    for name, (path, width, height) in pages.items():
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [
                    "chromium",
                    "--headless",
                    "--no-sandbox",
                    "--hide-scrollbars",
                    f"--user-data-dir={profile}",
                    f"--window-size={width},{height}",
                    f"--virtual-time-budget={WAIT_MS}",
                    f"--screenshot={folder / name}.png",
                    f"{address}{path}",
                ],
                check=True,
                capture_output=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.prefect_pictures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("address", help="of the server")
    parser.add_argument("folder", type=Path, help="of the pictures")
    given = parser.parse_args()
    take(given.address, given.folder)


if __name__ == "__main__":
    main()
