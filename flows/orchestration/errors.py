"""What keeps Prefect, or the service, from working; for people."""

from __future__ import annotations


class ServiceError(RuntimeError):
    """The service or its Prefect server cannot work; the message says why and what to do."""
