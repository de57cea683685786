"""What a run takes in and writes, reported as OpenLineage events where a receiver is set.

`START` when the run begins; `COMPLETE`, `FAIL` or `ABORT` when it ends. Inputs are the places of its sources, outputs
the tables of a new release with their columns. Where they go, the variables of the OpenLineage client say:
`OPENLINEAGE_URL`, `OPENLINEAGE_CONFIG`, or `OPENLINEAGE__TRANSPORT__TYPE` and so on. Without them nothing is sent.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit
from uuid import UUID

from flows import package_version
from flows.collecting.book import Tally
from flows.config.addresses import without_secrets
from flows.config.sources import FilesSource, IndexSource, S3Source, Source, UrlsSource
from flows.running.run import Run
from flows.running.summary import RunSummary

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent

_PRODUCER: Final = "urn:jixiao:"
_WAIT_SECONDS: Final = 10.0
"""How long the end of a run waits for its receiver."""
_STOPPED_SECONDS: Final = 1.0
"""How long it does when the run was asked to stop."""
_MOST_PLACES: Final = 200


def is_asked_for() -> bool:
    """Return whether the environment says where events go."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    named = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")
    return any(v and (k in named or k.startswith("OPENLINEAGE__TRANSPORT")) for k, v in os.environ.items())


class Lineage:
    """Reports a run while the context is open. A receiver that fails is a warning, and never stops or fails the run.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._tallies: Sequence[Tally] = ()
        self._sender: _Sender | None = None

    def __enter__(self) -> Self:
        if not is_asked_for():
            return self
        if find_spec("openlineage") is None:
            self._run.progress.warn("no lineage events are sent: install jixiao[lineage]")
            return self
        self._sender = _Sender()
        begun = datetime.now(UTC)
        self._sender.send(lambda: self._event("START", begun, ()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            is_failure = isinstance(error, Exception) and self._run.stop.cause is None
            said = without_secrets(f"{type(error).__name__}: {error}")
            self._end("FAIL" if is_failure else "ABORT", error=said if is_failure else None)

    def collected(self, tallies: Sequence[Tally]) -> None:
        """Take note of what the sources of the run listed."""
        self._tallies = tallies

    def completed(self, summary: RunSummary) -> None:
        """Report that the run has completed."""
        self._end("COMPLETE", summary)

    def _end(self, state: str, summary: RunSummary | None = None, error: str | None = None) -> None:
        if self._sender is None:
            return
        ended = datetime.now(UTC)
        self._sender.send(lambda: self._event(state, ended, self._tallies, summary, error))
        problem = self._sender.end(_STOPPED_SECONDS if self._run.stop.cause else _WAIT_SECONDS)
        self._sender = None
        if problem is not None:
            self._run.progress.warn(f"lineage events did not reach their receiver: {without_secrets(problem)}")

    def _event(
        self,
        state: str,
        at: datetime,
        tallies: Sequence[Tally],
        summary: RunSummary | None = None,
        error: str | None = None,
    ) -> RunEvent:
        from openlineage.client.event_v2 import Job, RunEvent, RunState
        from openlineage.client.event_v2 import Run as RunOfEvent
        from openlineage.client.facet_v2 import RunFacet, error_message_run, nominal_time_run, set_producer

        plan = self._run.plan
        set_producer(f"{_PRODUCER}{package_version()}")
        facets: dict[str, RunFacet] = {"nominalTime": nominal_time_run.NominalTimeRunFacet(plan.started_at.isoformat())}
        if error is not None:
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(error, "python")
        return RunEvent(
            eventType=RunState[state],
            eventTime=at.isoformat(),
            run=RunOfEvent(str(UUID(plan.run_id)), facets),
            job=Job(os.environ.get("OPENLINEAGE_NAMESPACE") or "jixiao", plan.kind),
            inputs=list(_inputs(tallies)),
            outputs=list(_outputs(self._run, summary)) if summary is not None and summary.is_new_release else [],
        )


class _Sender:
    """Sends events one after the other from a thread that the end of the process does not wait for."""

    def __init__(self) -> None:
        self._events: SimpleQueue[Callable[[], RunEvent] | None] = SimpleQueue()
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._work, name="jixiao-lineage", daemon=True)
        self._thread.start()

    def send(self, event: Callable[[], RunEvent]) -> None:
        """Have an event made and sent."""
        self._events.put(event)

    def end(self, seconds: float) -> str | None:
        """Wait until all is sent, so long at most; return what went wrong."""
        self._events.put(None)
        self._thread.join(seconds)
        return self._problem or (f"no answer within {seconds:.0f} s" if self._thread.is_alive() else None)

    def _work(self) -> None:
        try:
            from openlineage.client import OpenLineageClient

            client = OpenLineageClient()
        except Exception as error:  # a wrong configuration of it
            self._problem = str(error)
            return
        while (event := self._events.get()) is not None:
            try:
                client.emit(event())
            except Exception as error:  # whatever its transport raises: the run is what counts
                self._problem = f"{type(error).__name__}: {error}"
        client.close()


def _inputs(tallies: Sequence[Tally]) -> Iterator[InputDataset]:
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import InputDatasetFacet, input_statistics_input_dataset

    for tally in tallies:
        places = list(dict.fromkeys(_places(tally.source)))[:_MOST_PLACES]
        counted = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(fileCount=tally.listed)
        facets: dict[str, InputDatasetFacet] = {"inputStatistics": counted} if len(places) == 1 else {}
        yield from (InputDataset(namespace, name, inputFacets=facets) for namespace, name in places)


def _places(source: Source) -> Iterator[tuple[str, str]]:
    """Give namespace and name of what a source takes from, as OpenLineage names them; of web files their folder.

    Example:
        >>> list(_places(UrlsSource(urls=["https://example.gov.cn/2024/a.pdf", "https://example.gov.cn/2024/b.pdf"])))[0]
        ('https://example.gov.cn', '/2024')
        >>> list(_places(S3Source(prefixes=["s3://reports/2024/"])))
        [('s3://reports', '2024')]
    """
    if isinstance(source, FilesSource):
        yield from (("file", str(Path(path).absolute())) for path in source.paths)
    if isinstance(source, S3Source):
        yield from (_place(prefix) for prefix in source.prefixes)
    if isinstance(source, IndexSource):
        yield from (_place(page) for page in source.pages)
    if isinstance(source, UrlsSource):
        yield from (_place(url.rpartition("/")[0]) for url in source.urls)


def _place(address: str) -> tuple[str, str]:
    parts = urlsplit(without_secrets(address))
    name = parts.path.strip("/") if parts.scheme == "s3" else parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}", name or "/"


def _outputs(run: Run, summary: RunSummary) -> Iterator[OutputDataset]:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import (
        dataset_version_dataset,
        output_statistics_output_dataset,
        schema_dataset,
    )

    from warehouse import contract

    assert summary.release_id is not None
    release = run.warehouse.releases.get(summary.release_id)
    namespace, root = ("file", str(run.warehouse.root)) if run.warehouse.is_local else _place(run.warehouse.location)
    types = release.schema()
    for path, about in release.manifest["tables"].items():
        table = path.rpartition("/")[2]
        columns = contract.PUBLISHED[table].columns()
        fields = [
            schema_dataset.SchemaDatasetFacetFields(name, of_type.partition(";")[0], columns[name].description, number)
            for number, (name, of_type) in enumerate(types[table].items(), 1)
        ]
        files = about["files"]
        written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=about["rows"], size=sum(one["bytes"] for one in files), fileCount=len(files)
        )
        yield OutputDataset(
            namespace,
            f"{root}/{path}",
            facets={
                "schema": schema_dataset.SchemaDatasetFacet(fields),
                "version": dataset_version_dataset.DatasetVersionDatasetFacet(release.release_id),
            },
            outputFacets={"outputStatistics": written},
        )
