"""One Delta table of the ledger: made when missing, appended to by many processes at once, scanned.

The only module that talks to `deltalake`.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from warehouse.contract.ledger_tables import BATCH_ID, stored_schema
from warehouse.errors import WarehouseError, advice_for, server_advice
from warehouse.ledger.damage import LOG, advice, log_damage, size_damage

_ATTEMPTS: Final = 12
_FIRST_PAUSE_SECONDS: Final = 0.02
_NO_FILES: Final = {
    "path": pl.String,
    "size_bytes": pl.Int64,
    f"min.{BATCH_ID}": pl.String,
    f"max.{BATCH_ID}": pl.String,
}
_OS_ERROR: Final = re.compile(r"os error (\d+)")


class LedgerTable:
    """A Delta table whose columns are `ledger_tables.stored_schema(name)`.

    Raises:
        WarehouseError: The place cannot be written to, or the table's log is damaged.
    """

    def __init__(self, root: Path | str, name: str) -> None:
        self.name = name
        self.path = f"{root}/{name}"
        self.schema = stored_schema(name)

    @cached_property
    def _uri(self) -> str:
        """The table's place; made with no rows when it is missing. Two processes may do so at once."""
        uri = self.path
        with self._explained("open"):
            if not DeltaTable.is_deltatable(uri):
                for pause in _pauses():
                    try:
                        DeltaTable.create(
                            uri,
                            schema=pl.DataFrame(schema=self.schema).to_arrow().schema,
                            mode="ignore",
                            # min and max of the batch are what scans skip files by; those of texts only cost space
                            # only `compact` deletes commits: those before a checkpoint that is old itself
                            configuration={
                                "delta.dataSkippingStatsColumns": BATCH_ID,
                                "delta.enableExpiredLogCleanup": "false",
                                "delta.logRetentionDuration": "interval 7 days",
                            },
                        )
                        break
                    except CommitFailedError:
                        time.sleep(pause)
                    except DeltaError:
                        if not DeltaTable.is_deltatable(uri):
                            raise
                        break
        return uri

    def next_batch_id(self) -> str:
        """Return an id for the next append: greater than that of every append which has landed by now.

        The order comes from the table's own version number, so that a clock which goes backwards does no harm. Two
        appends under way at once may get the same number; their order is arbitrary, as it is anyway.
        """
        with self._explained("open"):
            return f"{DeltaTable(self._uri).version() + 1:012d}-{uuid.uuid4().hex[:12]}"

    def append(self, rows: pl.DataFrame, batch_id: str) -> None:
        """Append rows in one commit. All of them are there afterwards, or none.

        Args:
            rows: Columns of the table without `batch_id`, in any order; closed lists are stored as text.
            batch_id: Written into every row.

        Raises:
            ValueError: A column is missing or unknown.
            WarehouseError: The append failed for good; nothing of it is visible.
        """
        if not rows.height:
            return
        stamped = rows.with_columns(pl.lit(batch_id).alias(BATCH_ID))
        if set(stamped.columns) != set(self.schema):
            wrong = sorted(set(stamped.columns) ^ set(self.schema))
            raise ValueError(f"ledger table {self.name}: columns missing or unknown: {', '.join(wrong)}")
        stored = stamped.select(self.schema.names()).cast(self.schema)
        with self._explained("append to"):
            for pause in _pauses():
                try:
                    write_deltalake(
                        self._uri,
                        stored,
                        mode="append",
                        schema_mode="merge",
                        writer_properties=WriterProperties(compression="ZSTD", compression_level=3),
                    )
                    return
                except CommitFailedError as error:
                    last = error
                    time.sleep(pause)
            raise WarehouseError(
                f"could not append to ledger table {self.name} ({self.path}): other writers were always faster, "
                f"{_ATTEMPTS} times; run again with fewer workers ({last})"
            )

    def scan(self) -> pl.LazyFrame:
        """Return all rows that have landed by now, with the types of the stored schema; none of a missing table."""
        if not self._is_there():
            return pl.LazyFrame(schema=self.schema)
        with self._explained("read"):
            table = DeltaTable(self._uri)
            self._require_whole(pl.DataFrame(table.get_add_actions(flatten=True)))
            rows = pl.scan_delta(table)
            stored = rows.collect_schema()
        return rows.select(
            pl.col(name) if name in stored else pl.lit(None, dtype).alias(name) for name, dtype in self.schema.items()
        )

    def scan_batches(self, batch_ids: pl.Series, files: pl.DataFrame | None = None) -> pl.LazyFrame:
        """Return the rows of some batches, opening only files that may hold them.

        Args:
            batch_ids: The batches.
            files: What `files` gave after these batches had landed; null: it is asked now.
        """
        wanted = batch_ids.unique().sort()
        if wanted.is_empty():
            return pl.LazyFrame(schema=self.schema)
        files = self.files() if files is None else files
        if files.is_empty():
            return pl.LazyFrame(schema=self.schema)
        spans = files.select("path", low=f"min.{BATCH_ID}", high=f"max.{BATCH_ID}")
        # a file may hold a wanted batch when the first wanted one that is not below its span is not above it either
        position = pl.Series(wanted.search_sorted(spans["low"].fill_null(""), side="left"))
        candidate = pl.concat([wanted, pl.Series([None], dtype=pl.String)]).gather(position)
        paths = spans.filter(spans["low"].is_null() | (candidate <= spans["high"]).fill_null(False))["path"]
        self._require_whole(files.filter(pl.col("path").is_in(paths.implode())))
        if paths.is_empty():
            return pl.LazyFrame(schema=self.schema)
        return (
            pl.scan_parquet([f"{self.path}/{path}" for path in paths], schema=self.schema, missing_columns="insert")
            .filter(pl.col(BATCH_ID).is_in(wanted.implode()))
            .select(self.schema.names())
        )

    def files(self) -> pl.DataFrame:
        """Return the data files that make up the table: `path`, `size_bytes`, least and greatest `batch_id`, ..."""
        if not self._is_there():
            return pl.DataFrame(schema=_NO_FILES)
        with self._explained("read"):
            return pl.DataFrame(DeltaTable(self._uri).get_add_actions(flatten=True))

    def _is_there(self) -> bool:
        """Return whether the table was made: what only looks makes none."""
        with self._explained("open"):
            return "_uri" in self.__dict__ or bool(DeltaTable.is_deltatable(self.path))

    def forget_missing_files(self) -> None:
        """Take data files that are gone out of the log; their rows are lost."""
        with self._explained("repair"):
            DeltaTable(self._uri).repair()

    def delete(self, where: Mapping[str, Sequence[str]]) -> int:
        """Delete rows, in one commit; return how many.

        Args:
            where: For each column the values of which a row must have one: texts without quotes in them.
        """
        conditions = [f"{name} IN ({', '.join(map(repr, values))})" for name, values in where.items()]
        with self._explained("delete from"):
            for pause in _pauses():
                try:
                    return int(DeltaTable(self._uri).delete(" AND ".join(conditions))["num_deleted_rows"] or 0)
                except CommitFailedError as error:
                    last = error
                    time.sleep(pause)
        raise WarehouseError(f"could not delete from ledger table {self.name}: other writers were faster ({last})")

    def log_folder(self) -> Path:
        """Return the folder of the table's log; the table is made when it is missing."""
        return Path(self._uri, LOG)

    def _require_whole(self, files: pl.DataFrame) -> None:
        """Raise a WarehouseError where a local data file is gone or cut off: reading it could end the process."""
        if files.height and not _is_remote(self.path) and (found := list(size_damage(Path(self.path), files))):
            raise WarehouseError(advice(self.name, found))

    def compact(self, keep: timedelta) -> dict[str, int]:
        """Join small files into large ones and delete those that no reader can need any more.

        Commits of more than a week ago that a checkpoint of that time makes superfluous are deleted too: all later ones
        stay beside their checkpoints, so that a damaged checkpoint loses nothing. Appends may continue meanwhile.

        Args:
            keep: Files replaced longer ago than this are deleted; what reads an older view of the table needs them.

        Returns:
            `files_joined`, `files_made`, `files_deleted`.
        """
        hours = int(keep.total_seconds() // 3600)
        with self._explained("compact"):
            for pause in _pauses():
                try:
                    table = DeltaTable(self._uri)
                    done = table.optimize.compact()
                    break
                except CommitFailedError:
                    time.sleep(pause)
            else:
                return {"files_joined": 0, "files_made": 0, "files_deleted": 0}
            gone = table.vacuum(hours, dry_run=False, enforce_retention_duration=False)
            table.create_checkpoint()
            table.cleanup_metadata()
        return {
            "files_joined": int(done["numFilesRemoved"]),
            "files_made": int(done["numFilesAdded"]),
            "files_deleted": len(gone),
        }

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        try:
            yield
        except TableNotFoundError as error:
            raise WarehouseError(f"ledger table {self.name} ({self.path}) is gone: {error}") from error
        except (DeltaError, OSError, pl.exceptions.ComputeError) as error:
            if not _is_remote(self.path) and (damaged := log_damage(Path(self.path))):
                raise WarehouseError(advice(self.name, damaged)) from error
            found = _OS_ERROR.search(str(error))
            number = int(found.group(1)) if found else (getattr(error, "errno", None) or 0)
            what_to_do = advice_for(number) or (
                server_advice(str(error))
                if "://" in self.path
                else f"{str(error).splitlines()[0]}. If a file of the ledger was damaged, restore {self.path} from a "
                "backup"
            )
            raise WarehouseError(f"could not {action} ledger table {self.name} ({self.path}): {what_to_do}") from error


def _is_remote(path: Path | str) -> bool:
    return "://" in str(path)


def _pauses() -> Iterator[float]:
    """Yield growing pauses with jitter, in seconds."""
    for attempt in range(_ATTEMPTS):
        yield _FIRST_PAUSE_SECONDS * min(2**attempt, 100) * (0.5 + random.random())
