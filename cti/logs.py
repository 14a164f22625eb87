"""What the service writes to its log: one JSON object a line, or text for people; never personal data."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from cti.settings import Log

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
PERSONAL = "pii."  # keys that begin so identify a person and are left out


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller put into `extra`, without what identifies a person."""
    return {
        key: value if isinstance(value, int | float | str | bool) or value is None else str(value)
        for key, value in vars(record).items()
        if key not in _STANDARD and not key.startswith(PERSONAL)
    }


class JsonFormatter(logging.Formatter):
    """A line for machines; what came from outside is encoded, so that it cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        line.update(facts_of(record))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """A line for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{key}={value!r}" for key, value in facts_of(record).items())
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        line = f"{at} {record.levelname.lower():7} {record.getMessage()} {facts}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(settings: Log) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    for chatty in ("panoramisk", "aiosqlite", "asyncio", "sqlalchemy.engine", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
