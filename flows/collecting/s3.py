"""S3 object stores: what lies under a prefix, and its bytes."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flows.collecting.content_type import HEAD, Downloaded, Validators, require_content
from flows.collecting.credentials import variable
from flows.collecting.problems import Unavailable
from flows.config.sources import S3Source

_MB: Final = 1_000_000
_STATUS: Final = re.compile(r"status code: (\d{3})")


@dataclass(frozen=True, slots=True)
class Object:
    """An object as its listing gives it."""

    uri: str
    bucket: str
    key: str
    byte_count: int
    validators: Validators


class Stores:
    """The buckets of a source, opened with its credentials."""

    def __init__(self, source: S3Source) -> None:
        self._source = source
        self._by_bucket: dict[str, Any] = {}

    async def objects(self, prefix: str) -> AsyncIterator[Object]:
        """List the objects under a prefix whose keys the source wants; a prefix may be one object.

        Raises:
            Unavailable: not_found, forbidden, credentials_missing, unreachable.
        """
        import obstore

        bucket, _, path = prefix.removeprefix("s3://").partition("/")
        wanted = re.compile(self._source.keys)
        with _errors_explained(prefix):
            store = self._store(bucket)
            if path and not path.endswith("/") and wanted.search(path):
                yield _object(bucket, await obstore.head_async(store, path))
                return
            async for chunk in obstore.list(store, prefix=path or None, chunk_size=1000):
                for meta in chunk:
                    if wanted.search(meta["path"]):
                        yield _object(bucket, meta)

    async def download(self, wanted: Object, path: Path) -> Downloaded:
        """Fetch an object into a file; what was cut is asked for again by the client library.

        Raises:
            Unavailable: too_large, not_a_pdf, and as `objects`.
        """
        import obstore

        most = self._source.max_mb * _MB
        if wanted.byte_count > most:
            raise Unavailable("too_large", f"{wanted.byte_count // _MB} MB, {most // _MB} MB are allowed: raise max_mb")
        size = 0
        with _errors_explained(wanted.uri), path.open("wb") as file:
            result = await obstore.get_async(self._store(wanted.bucket), wanted.key)
            meta = result.meta
            async for chunk in result.stream(min_chunk_size=_MB):
                file.write(chunk)
                size += len(chunk)
        if size != meta["size"]:
            raise Unavailable("cut", f"{size} of {meta['size']} bytes came: the next run asks again")
        with path.open("rb") as file:
            content = require_content(file.read(HEAD))
        return Downloaded(content, wanted.key.rpartition("/")[2], size, _object(wanted.bucket, meta).validators)

    def _store(self, bucket: str) -> Any:
        if bucket not in self._by_bucket:
            self._by_bucket[bucket] = _open(self._source, bucket)
        return self._by_bucket[bucket]


def _open(source: S3Source, bucket: str) -> Any:
    from obstore.store import S3Store

    endpoint = source.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options: dict[str, Any] = {}
    if source.access_key_env and source.secret_key_env:
        options["access_key_id"] = variable(source.access_key_env)
        options["secret_access_key"] = variable(source.secret_key_env)
    if source.anonymous:
        options["skip_signature"] = True
    if endpoint:
        options["endpoint"] = endpoint
        options["virtual_hosted_style_request"] = False
    if source.aws_region:
        options["region"] = source.aws_region
    return S3Store(
        bucket,
        client_options={
            "allow_http": bool(endpoint and endpoint.lower().startswith("http://")),
            "timeout": timedelta(minutes=source.max_minutes),
            "read_timeout": timedelta(seconds=source.stall_seconds),
        },
        retry_config={"max_retries": source.retries, "retry_timeout": timedelta(minutes=source.max_minutes)},
        **options,
    )


def _object(bucket: str, meta: Any) -> Object:
    changed = meta["last_modified"].isoformat()
    return Object(
        f"s3://{bucket}/{meta['path']}", bucket, meta["path"], meta["size"], Validators(meta["e_tag"], changed)
    )


@contextmanager
def _errors_explained(place: str) -> Iterator[None]:
    """Turn what the object store answers into an `Unavailable` with its meaning."""
    from obstore import exceptions

    try:
        yield
    except (FileNotFoundError, exceptions.BaseError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        status = _STATUS.search(said)  # listings report every refusal as a general error, with the status in its text
        if isinstance(error, FileNotFoundError | exceptions.NotFoundError) or (status and status[1] == "404"):
            raise Unavailable("not_found", f"there is no {place}: check bucket and prefix") from None
        is_refused = isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError)
        if is_refused or (status and status[1] in ("401", "403")):
            raise Unavailable("forbidden", "the store refuses it: check the credentials and what they may do") from None
        raise Unavailable("unreachable", f"the store does not answer as it should ({said[:200]})") from None
