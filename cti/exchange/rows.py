"""A row of a file as a customer, or the reason why it is none."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from cti.assist import numbers
from cti.assist.customfields import CustomField, value_of
from cti.customers import Address, name_key
from cti.exchange import cells as text_of
from cti.exchange.columns import SKIP, Column
from cti.ports import CustomerNumber

LONGEST_TEXT = 500
LONGEST_NOTE = 10_000
MOST_NUMBERS = 50

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]|%0[ADad]")
_SPLIT = re.compile(r"[;；、|/]|[,，](?![^()]*\))")
_MARKED = re.compile(r"(.*?)\s*\(([^()]*)\)")  # as customers.numbers_text() writes it
_VERIFIED = re.compile(r"verified (\d{4}-\d\d-\d\d)", re.ASCII)
_KIND = re.compile(r"[^\W\d][\w -]{0,29}")
_ROUNDED = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
_KINDS = {
    "person": "person",
    "个人": "person",
    "company": "company",
    "公司": "company",
    "企业": "company",
    "单位": "company",
}
_YES = frozenset({"yes", "y", "true", "1", "是"})
_NO = frozenset({"", "no", "n", "false", "0", "否"})


class ImportRow(msgspec.Struct, gc=False):
    """A customer as a row tells it; what the file has no column for is None."""

    name: str
    name_key: str
    numbers: tuple[CustomerNumber, ...]
    kind: str | None = None
    company: str | None = None
    note: str | None = None
    tags: tuple[str, ...] | None = None
    owner: str | None = None
    id_number: str | None = None
    do_not_call: bool | None = None
    address: Address | None = None
    fields: dict[str, str] | None = None


class RowReader:
    """Makes rows into customers, by one mapping."""

    def __init__(self, columns: Sequence[Column], region: str, own: Sequence[CustomField] = ()) -> None:
        self._region = region
        self._width = len(columns)
        self._numbers = [
            (index, column.field.partition(":")[2] or "mobile")
            for index, column in enumerate(columns)
            if column.field.startswith("numbers")
        ]
        by_name = {f"fields.{field.name}": field for field in own}
        self._own = [(i, by_name[column.field]) for i, column in enumerate(columns) if column.field in by_name]
        self._plain = [
            (index, column.field)
            for index, column in enumerate(columns)
            if column.field != SKIP and not column.field.startswith(("numbers", "fields."))
        ]
        self._address = any(field in Address.__struct_fields__ and field != "kind" for _, field in self._plain)

    def read(self, cells: Sequence[str]) -> ImportRow:
        """Return the customer, or raise ValueError with the reason why the row is refused."""
        if len(cells) < self._width:
            cells = (*cells, *[""] * (self._width - len(cells)))
        elif any(cells[self._width :]):
            raise ValueError(f"has {len(cells)} columns, the heading {self._width}")
        texts: dict[str, str] = {}
        for index, field in self._plain:
            cell = cells[index]
            texts[field] = _text(cell, field) if cell else ""
        found = self._numbers_of(cells)
        name = texts.get("name") or texts.get("company")
        if not name:
            raise ValueError("has no name")
        if not found:
            raise ValueError("has no telephone number")
        row = ImportRow(name, name_key(name), found)
        for field in ("company", "note", "owner", "id_number"):
            if field in texts:
                setattr(row, field, texts[field])
        if "kind" in texts:
            row.kind = _kind(texts["kind"])
        if "tags" in texts:
            row.tags = tuple(dict.fromkeys(t.strip() for t in re.split(r"[;；,，、|]", texts["tags"]) if t.strip()))
        if "do_not_call" in texts:
            row.do_not_call = _yes_no(texts["do_not_call"])
        if self._address:
            parts = {name: texts.get(name, "") for name in Address.__struct_fields__ if name != "kind"}
            row.address = Address(**parts) if any(parts.values()) else None
        if self._own:
            row.fields = {field.name: value_of(field, _text(cells[i], field.name)) for i, field in self._own}
        return row

    def _numbers_of(self, cells: Sequence[str]) -> tuple[CustomerNumber, ...]:
        found: dict[str, CustomerNumber] = {}
        for index, kind in self._numbers:
            cell = cells[index]
            if not cell:
                continue
            if _BREAKS.search(cell):
                raise ValueError("a telephone number has a line break or a control character in it")
            cell = text_of.read(cell.strip())
            if not cell:
                continue
            if not _SPLIT.search(cell) and (simple := numbers.read(cell, self._region)).e164:
                found.setdefault(simple.e164, CustomerNumber(simple.e164, kind))
                continue
            for part in _SPLIT.split(cell):
                if part.strip():
                    number = _number(part.strip(), kind, self._region)
                    found.setdefault(number.e164, number)
        if len(found) > MOST_NUMBERS:
            raise ValueError(f"has more than {MOST_NUMBERS} telephone numbers")
        return tuple(found.values())


def _number(text: str, kind: str, region: str) -> CustomerNumber:
    number = CustomerNumber("", kind)
    if (marked := _MARKED.fullmatch(text)) and (found := _marks(marked[2])):
        text, number = marked[1], found
    read = numbers.read(text, region)
    if read.e164:
        return msgspec.structs.replace(number, e164=read.e164)
    if _ROUNDED.fullmatch(text):
        raise ValueError(f"a spreadsheet has rounded the number {text[:40]}: its digits are lost")
    if read.kind == "extension":
        raise ValueError(f"{text[:40]} is too short for a telephone number")
    raise ValueError(f"{text[:40]!r} is no telephone number")


def _marks(text: str) -> CustomerNumber | None:
    """Return what stands in brackets behind a number, None where that is part of the number."""
    kind, verified, shared = "", None, False
    for word in filter(None, (word.strip() for word in text.split(","))):
        if word == "shared":
            shared = True
        elif day := _VERIFIED.fullmatch(word):
            verified = datetime.fromisoformat(day[1]).replace(tzinfo=UTC)
        elif _KIND.fullmatch(word) and not kind:
            kind = word
        else:
            return None
    return CustomerNumber("", kind, verified, shared)


def _text(cell: str, field: str) -> str:
    if cell.isprintable() and "\ufffd" not in cell and len(cell) <= LONGEST_TEXT and cell[:1] not in text_of.MARKED:
        return cell.strip()
    if "\ufffd" in cell:
        raise ValueError(f"{field} has characters that cannot be read: is the encoding right?")
    if text_of.is_formula(cell):
        raise ValueError(f"{field} is a formula")
    cell = text_of.read(cell).strip()
    if field == "note":
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    elif "\n" in cell or "\r" in cell:
        raise ValueError(f"{field} has a line break in it")
    if _CONTROL.search(cell) and field != "note":
        raise ValueError(f"{field} has a control character in it")
    if len(cell) > (LONGEST_NOTE if field == "note" else LONGEST_TEXT):
        raise ValueError(f"{field} is too long")
    return cell


def _kind(text: str) -> str | None:
    if not text:
        return None
    if text.casefold() not in _KINDS:
        raise ValueError("kind must be person or company")
    return _KINDS[text.casefold()]


def _yes_no(text: str) -> bool:
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("do_not_call must be yes or no")
