"""What the dialplan may attach to a call, as the settings list it, and how people read it."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import msgspec

from cti.calls.facts import MOST_DATA

Word = Annotated[str, msgspec.Meta(max_length=100)]

# Headers of AMI's own in a UserEvent: a field may not be called so, or the event counts as forged.
TAKEN: Final = frozenset(
    {
        *("Event", "Privilege", "Timestamp", "SystemName", "UserEvent", "ActionID", "Response", "ChanVariable"),
        *("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum"),
        *("ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid"),
    }
)


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one value means to people, such as the digit of a menu."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    zh: Word
    en: Word


class AttachedField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[attached]] of the settings: a channel variable, or a field of UserEvent(CtiData), that goes with the call.

    Cards show them in the order of the sections. A value that no choice names is shown as it came.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")]
    zh: Word = ""  # what people call it; "" is its name
    en: Word = ""
    choices: tuple[Choice, ...] = ()


class Datum(msgspec.Struct, frozen=True, gc=False):
    """One thing that the dialplan knows about a call. The value is text, perhaps a stranger's."""

    name: str
    zh: str  # what it is called
    en: str
    value: str
    value_zh: str  # the value as people read it
    value_en: str


def read(fields: Iterable[AttachedField], data: Mapping[str, str]) -> tuple[Datum, ...]:
    """Return what of *data* is listed in *fields*, in their order."""
    return tuple(_read(field, data[field.name]) for field in fields if data.get(field.name))


def _read(field: AttachedField, value: str) -> Datum:
    choice = next((one for one in field.choices if one.value == value), None)
    zh, en = (choice.zh, choice.en) if choice is not None else (value, value)
    return Datum(field.name, field.zh or field.name, field.en or field.name, value, zh, en)


def faults_of(fields: tuple[AttachedField, ...]) -> list[str]:
    """Return what is wrong with *fields* beyond what their types say."""
    names = [field.name for field in fields]
    found = [f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    found += [f"{name} is a header of AMI's own: call it otherwise" for name in names if name in TAKEN]
    if len(fields) > MOST_DATA:
        found.append(f"there are {len(fields)}: {MOST_DATA} at most go with a call")
    for field in fields:
        values = [choice.value for choice in field.choices]
        twice = sorted({value for value in values if values.count(value) > 1})
        found += [f"{field.name}: the choice {value} is there twice" for value in twice]
    return found
