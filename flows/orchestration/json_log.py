"""Log lines of the service and its runs as JSON, one object a line. Does not import Prefect, which names this class."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

from flows.printable import printable_json

ENVIRONMENT: Final = {
    "PREFECT_LOGGING_FORMATTERS_JSON_CLASS": "flows.orchestration.json_log.JsonFormatter",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
}
"""What has Prefect's console handler write such lines. Its own JSON has the message without its values."""
_OF_RUNS: Final = ("flow_run_id", "flow_run_name", "task_run_name")


class JsonFormatter(logging.Formatter):
    """Writes `timestamp` (UTC), `level`, `logger`, `message`; names of runs and `exception` where there are.

    Example:
        >>> record = logging.LogRecord("prefect.jixiao", logging.INFO, "", 0, "serving %s", ("nightly",), None)
        >>> json.loads(JsonFormatter().format(record))["message"]
        'serving nightly'
    """

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line."""
        entry = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: str(value) for name in _OF_RUNS if (value := getattr(record, name, None))},
        }
        if record.exc_info:
            entry["exception"] = record.exc_text or self.formatException(record.exc_info)
        return printable_json(json.dumps(entry, ensure_ascii=False))
