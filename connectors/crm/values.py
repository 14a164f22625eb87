"""Values of a record elsewhere, as the text that a card shows."""

from collections.abc import Mapping, Sequence

from cti.ports import SourceRecord
from cti.sources import SourceField

MOST_RECORDS = 5


def text_of(value: object) -> str:
    """Return *value* as text, "" for what has none: an object, or a list of objects."""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if value is None or isinstance(value, (bytes, bytearray, memoryview, Mapping)):
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(filter(None, (text_of(one) for one in value[:20] if not isinstance(one, list))))
    return str(value)


def record_of_row(row: Mapping[str, object], id: str, title: str, fields: Sequence[SourceField]) -> SourceRecord:
    """Return the record in a *row* with named columns; columns that are not there are empty."""
    return SourceRecord(
        text_of(row.get(id)),
        text_of(row.get(title)),
        {field.name: text_of(row.get(field.at)) for field in fields},
    )
