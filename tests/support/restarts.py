"""Restarts of `jixiao serve` at bad moments, with a night every minute, and the account of its nights afterwards."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.paths import ROOT
from tests.support.service import Service, bare_environment

MOMENTS = ("while it starts", "before a night", "as a night is due", "while a night runs", "when a night has ended")
MINUTE = timedelta(minutes=1)
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass(slots=True)
class Account:
    """What became of the nights.

    Attributes:
        restarts: How often the service was ended, by moment and signal.
        fates: Nights by what became of them.
        unknown: Nights that nobody can say anything about: these are lost.
    """

    restarts: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)


def restart(service: Service, times: int, seed: int) -> Account:
    """End a service again and again, at bad moments, and account for the nights since its first start."""
    chance, account = random.Random(seed), Account()
    service.start()
    first, served = datetime.now(UTC), 0
    for number in range(times):
        if number:
            served = service.logged().count("serving nightly/")
            begin(service)
        moment, kill = MOMENTS[number % len(MOMENTS)], chance.random() < 0.5
        await_moment(service, moment, chance, served)
        account.restarts[f"{moment}, {'SIGKILL' if kill else 'SIGTERM'}"] += 1
        assert service.process is not None
        if service.process.poll() is None:
            code = service.stop(signal.SIGKILL if kill else signal.SIGTERM, everything=kill)
            assert kill or code in (0, 143), service.logged()[-3000:]
    served = service.logged().count("serving nightly/")
    begin(service)
    serving(service, served)
    last = datetime.now(UTC)
    service.wait(lambda: not unsettled(service, first, last), "all nights to end")
    return account_for(service, account, first, last)


def begin(service: Service) -> None:
    """Start the service; do not wait until it serves."""
    home = {"HOME": str(service.folder), "USERPROFILE": str(service.folder), "PYTHONPATH": str(ROOT)}
    with service.log.open("ab") as log:
        service.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows", "serve"],
            cwd=service.folder,
            env={**bare_environment(), **home},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def serving(service: Service, before: int) -> None:
    """Wait until the service has begun to serve once more than before."""
    service.wait(lambda: service.logged().count("serving nightly/") > before, "the service to serve")


def await_moment(service: Service, moment: str, chance: random.Random, served: int) -> None:
    """Wait for a bad moment."""
    if moment == "while it starts":
        time.sleep(chance.uniform(0.5, 25))
        return
    serving(service, served)
    to_next = 60 - datetime.now(UTC).timestamp() % 60
    if moment == "before a night":
        time.sleep(max(0.0, to_next - chance.uniform(0.1, 4)))
    elif moment == "as a night is due":
        time.sleep(to_next + chance.uniform(0, 6))
    elif moment == "while a night runs":
        service.wait(lambda: in_state(service, "RUNNING"), "a night to run")
        time.sleep(chance.uniform(0, 10))
    else:
        known = len(in_state(service, "COMPLETED"))
        service.wait(lambda: len(in_state(service, "COMPLETED")) > known, "a night to complete")
        time.sleep(chance.uniform(0, 1))


def in_state(service: Service, state: str) -> list[dict[str, Any]]:
    return [run for run in nights(service) if run["state_type"] == state]


def nights(service: Service) -> list[dict[str, Any]]:
    """List the runs of nights, newest first."""
    deployment = {"name": {"any_": ["nightly"]}}
    found: list[dict[str, Any]] = []
    while True:
        page = service.post(
            "/flow_runs/filter", flows=deployment, sort="EXPECTED_START_TIME_DESC", limit=200, offset=len(found)
        )
        found += page
        if len(page) < 200:
            return found


def unsettled(service: Service, first: datetime, last: datetime) -> list[Any]:
    """List the nights between two moments that have not ended, or that have no run yet."""
    runs = [run for run in nights(service) if planned(run) <= last]
    known = {planned(run).replace(second=0, microsecond=0) for run in runs}
    return [run for run in runs if run["state_type"] not in FINAL] + [m for m in minutes(first, last) if m not in known]


def planned(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["expected_start_time"])


def account_for(service: Service, account: Account, first: datetime, last: datetime) -> Account:
    """Say of every night what became of it."""
    alerted = {run for event, run, _ in service.messages() if event in ("failed", "crashed", "incomplete")}
    of_minute: dict[datetime, list[dict[str, Any]]] = {}
    for run in nights(service):
        of_minute.setdefault(planned(run).replace(second=0, microsecond=0), []).append(run)
    for moment in minutes(first, last):
        fates = [fate for run in of_minute.get(moment, []) if (fate := fate_of(run, alerted))]
        if fates:
            account.fates[min(fates, key=("done", "skipped", "alerted").index)] += 1
        else:
            states = [(run["state_type"], run["state"]["message"]) for run in of_minute.get(moment, [])]
            account.unknown.append(f"{moment}: {states}")
    return account


def fate_of(run: dict[str, Any], alerted: set[str]) -> str | None:
    state, message = run["state_type"], run["state"]["message"] or ""
    if state == "COMPLETED":
        return "done"
    if state == "CANCELLED" and (message.startswith(("missed: ", "a newer night", "the night before still ran"))):
        return "skipped"
    local = planned(run).astimezone().timestamp()
    shanghai = datetime.fromtimestamp(local, UTC) + timedelta(hours=8)
    return "alerted" if f"nightly {shanghai:%Y-%m-%d %H:%M}" in alerted else None


def minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    """Give the nights of a service that was first there at a moment: the full minutes after it."""
    moment = first.replace(second=0, microsecond=0) + MINUTE
    while moment <= last:
        yield moment
        moment += MINUTE
