"""What an HTTP answer in JSON says: read as little as is needed of something that a stranger may have written."""

import msgspec

from connectors.crm.values import MOST_RECORDS, text_of
from cti.ports import SourceFailed, SourceRecord
from cti.sources import HttpSource


def records_of(body: bytes, settings: HttpSource) -> list[SourceRecord]:
    """Return the records in *body*, or raise SourceFailed."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SourceFailed("the answer is no JSON, whatever it says it is") from None
    except RecursionError:
        raise SourceFailed("the answer is nested too deeply") from None
    found = at(answer, settings.records)
    if found is None:
        return []
    if not isinstance(found, list):
        found = [found]
    records = [one for one in found[:MOST_RECORDS] if isinstance(one, dict) and one]
    if found and not records:
        raise SourceFailed(f"there are no records at {settings.records or 'the top'} of the answer")
    return [
        SourceRecord(
            text_of(at(record, settings.id)),
            text_of(at(record, settings.title)),
            {field.name: text_of(at(record, field.at)) for field in settings.field},
        )
        for record in records
    ]


def at(value: object, pointer: str) -> object:
    """Return what *pointer* (RFC 6901) points at in *value*, None where there is nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
