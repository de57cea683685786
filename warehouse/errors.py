"""What can go wrong with the warehouse, in messages that say what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ADVICE: Final[dict[int, str]] = {
    errno.ENOSPC: "the disk is full: free space and run again, nothing that was published has changed",
    errno.EDQUOT: "the disk quota is used up: free space and run again, nothing that was published has changed",
    errno.EROFS: "the file system is read-only: mount it writable, or choose another folder with --warehouse",
    errno.EACCES: "this user may not write there: change the rights of the folder, or choose another with --warehouse",
    errno.EPERM: "this user may not write there: change the rights of the folder, or choose another with --warehouse",
    errno.EFBIG: "the file would be larger than the system allows (ulimit -f): raise the limit",
    errno.EEXIST: "a file stands where a folder is needed: move it away, or choose another folder with --warehouse",
    errno.ENOTDIR: "a file stands where a folder is needed: move it away, or choose another folder with --warehouse",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n), or run fewer workers",
    errno.EIO: "the disk reports an error: check it before running again",
}

_SERVER_ADVICE: Final[tuple[tuple[str, str], ...]] = (
    (
        r"169\.254\.169\.254|169\.254\.170\.2|redentials",
        "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (r"NoSuchBucket", "there is no such bucket: create it, or correct the name given with --warehouse"),
    (
        r"PermanentRedirect|AuthorizationHeaderMalformed|301 Moved",
        "the bucket is in another region: set AWS_REGION to its region",
    ),
    (
        r"401 |403 |AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken",
        "the server refuses access: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and that "
        "they may list, read, write and delete there",
    ),
    (r"BadScheme", "the endpoint is not https: set AWS_ALLOW_HTTP=true if that is meant"),
    (r"InsufficientStorage|QuotaExceeded|507 ", "the object store is full: free space there and run again"),
    (
        r"error sending request|dns error|timed out|Connection",
        "the server does not answer: check AWS_ENDPOINT_URL and the network, then run again",
    ),
    (r"status code: 5\d\d", "the object store reports a fault of its own: look at its log, then run again"),
)
"""What an error of an object store says, and what to do; the first match counts."""


class WarehouseError(RuntimeError):
    """The warehouse cannot do what was asked; the message says what happened and what to do.

    What was published before is untouched whenever this is raised.
    """


class NothingFound(WarehouseError):
    """A first release would hold nothing; the message names what was not found."""


class AccountDoesNotBalance(WarehouseError):
    """The rows of a release do not add up; nothing is published. The message holds the numbers."""


class ReleaseNotFound(WarehouseError):
    """No release has that name; the message lists the newest ones."""


def advice_for(error_number: int) -> str | None:
    """Return what to do about an operating system error; null when there is nothing more to say than its own text."""
    return _ADVICE.get(error_number)


def server_advice(answer: str) -> str:
    """Return what to do about an error of an object store; its first line when there is nothing more to say.

    Example:
        >>> server_advice("404 Not Found: <Code>NoSuchBucket</Code>")
        'there is no such bucket: create it, or correct the name given with --warehouse'
    """
    found = (advice for pattern, advice in _SERVER_ADVICE if re.search(pattern, answer))
    return next(found, answer.strip().splitlines()[0] if answer.strip() else "the object store gives no reason")


@contextmanager
def os_errors_explained(action: str, path: Path | str) -> Iterator[None]:
    """Turn an operating system error into a `WarehouseError` that says what to do.

    Args:
        action: What was being done, as in "could not <action>".
        path: Where.

    Raises:
        WarehouseError: Instead of any OSError but FileNotFoundError, which callers report better themselves.

    Example:
        >>> with os_errors_explained("write the archive", Path("/data")):
        ...     raise OSError(errno.ENOSPC, "No space left on device")
        Traceback (most recent call last):
        ...
        warehouse.errors.WarehouseError: could not write the archive (/data): the disk is full: free space and ...
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        advice = advice_for(error.errno or 0) or str(error)
        raise WarehouseError(f"could not {action} ({path}): {advice}") from error
