"""Two customers who are one: found with the reasons, merged, and parted again."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from cti.customers import (
    Address,
    CustomerChange,
    CustomerRecord,
    Duplicate,
    Merge,
    NoSuchCustomer,
    do_not_call,
)
from cti.storage import holdings
from cti.storage.beside import Bystander
from cti.storage.customer_book import apply, held, note, record_of
from cti.storage.customer_tables import customer_marks, customer_merges
from cti.storage.customers import put_numbers
from cti.storage.rows import clean
from cti.storage.tables import calls, customer_numbers, customers

MOST_OF_ONE = 20  # customers with one number or name: a switchboard, or a name such as 张伟
ALIKE = 0.7  # two addresses, of 1

_AT_ONCE = 500


class CannotUndo(Exception):
    """The merge was undone before, or one of the two was merged again or erased since."""


class _Moved(msgspec.Struct, frozen=True):
    """What a merge changed: undoing gives it back."""

    before: CustomerRecord  # who was kept, as they were
    gone: CustomerRecord
    after: CustomerRecord
    marks: tuple[int, ...]
    calls: tuple[int, ...]
    followers: tuple[int, ...]  # who had been merged into the one that is gone
    holdings: dict[str, tuple[int | str, ...]] = {}  # what is kept beside the record


class SqlMerging:
    """Duplicates and merges on either engine."""

    def __init__(self, db: Bystander) -> None:
        self._db = db

    async def duplicates(self, *, limit: int = 1_000) -> Sequence[Duplicate]:
        """Return pairs of customers who may be one, those with the most reasons first."""
        return await self._db.read(lambda connection: _duplicates(connection, limit))

    async def merge(self, kept: int, gone: int, *, who: str) -> Merge:
        """Make one of two: *kept* gets what *gone* has and it lacks. Raises NoSuchCustomer."""

        def work(connection: Connection) -> Merge:
            if kept == gone:
                raise NoSuchCustomer(gone)
            first, second = sorted((kept, gone))  # in one order, so that two merges do not wait for each other
            both = {first: held(connection, first), second: held(connection, second)}
            return _merge(connection, both[kept], both[gone], clean(who))

        return await self._db.write(work)

    async def undo(self, merge: int, *, who: str) -> Merge:
        """Part the two again. What was changed since stays with the one who was kept. Raises CannotUndo."""
        return await self._db.write(lambda connection: _undo(connection, merge, clean(who)))

    async def merges(self, *, limit: int = 100) -> Sequence[Merge]:
        """Return the latest first."""
        wanted = select(customer_merges).order_by(customer_merges.c.id.desc()).limit(limit)
        return await self._db.read(lambda connection: [_merge_of(row) for row in connection.execute(wanted)])


def _merge(connection: Connection, before: CustomerRecord, gone: CustomerRecord, who: str) -> Merge:
    kept, other = before.customer, gone.customer
    mark, call = customer_marks.c, calls.c
    marks = tuple(connection.execute(select(mark.id).where(mark.customer_id == other.id)).scalars())
    theirs = tuple(connection.execute(select(call.id).where(call.customer_id == other.id)).scalars())
    merged = customers.c.merged_into
    followers = tuple(connection.execute(select(customers.c.id).where(merged == other.id)).scalars())
    connection.execute(update(customers).where(merged == other.id).values(merged_into=kept.id))
    connection.execute(update(customer_marks).where(mark.customer_id == other.id).values(customer_id=kept.id))
    connection.execute(update(calls).where(call.customer_id == other.id).values(customer_id=kept.id))
    beside = holdings.move(connection, other.id, kept.id)
    connection.execute(delete(customer_numbers).where(customer_numbers.c.customer_id == other.id))
    have = {number.e164 for number in kept.numbers}
    change = CustomerChange(
        company=kept.company or other.company,
        note="\n".join(filter(None, dict.fromkeys((kept.note, other.note)))),
        tags=tuple(dict.fromkeys((*kept.tags, *other.tags))),
        owner=kept.owner or other.owner,
        id_number=before.id_number or gone.id_number,
        numbers=(*kept.numbers, *(number for number in other.numbers if number.e164 not in have)),
        addresses=tuple(dict.fromkeys((*before.addresses, *gone.addresses))),
        fields={**other.fields, **kept.fields},
    )
    now = datetime.now(UTC)
    apply(connection, before, change, who=who)
    blocked = do_not_call((*before.marks, *gone.marks))
    _set(connection, kept.id, do_not_call=blocked)
    _set(connection, other.id, merged_into=kept.id)
    note(connection, kept.id, now, who, [("merge", "", str(other.id))])
    note(connection, other.id, now, who, [("merge", "", f"into {kept.id}")])
    moved = _Moved(before, gone, held(connection, kept.id), marks, theirs, followers, beside)
    row = {"kept": kept.id, "gone": other.id, "at": now, "who": who, "moved": msgspec.json.encode(moved).decode()}
    made = connection.execute(insert(customer_merges).returning(customer_merges.c.id), row).scalar_one()
    return Merge(made, kept.id, other.id, now, who)


def _undo(connection: Connection, merge: int, who: str) -> Merge:
    row = connection.execute(select(customer_merges).where(customer_merges.c.id == merge).with_for_update()).first()
    if row is None or row.undone_at is not None:
        raise CannotUndo(merge)
    there = record_of(connection, row.gone)
    try:
        now_kept = held(connection, row.kept)
    except NoSuchCustomer:
        raise CannotUndo(merge) from None
    if there is None or there.merged_into != row.kept:
        raise CannotUndo(merge)
    moved = msgspec.json.decode(row.moved, type=_Moved)
    mark, call = customer_marks.c, calls.c
    for ids in _parts(moved.marks):
        mine = update(customer_marks).where(mark.id.in_(ids), mark.customer_id == row.kept)
        connection.execute(mine.values(customer_id=row.gone))
    for ids in _parts(moved.calls):
        mine_too = update(calls).where(call.id.in_(ids), call.customer_id == row.kept)
        connection.execute(mine_too.values(customer_id=row.gone))
    holdings.move_back(connection, moved.holdings, kept=row.kept, gone=row.gone)
    for ids in _parts(moved.followers):
        connection.execute(update(customers).where(customers.c.id.in_(ids)).values(merged_into=row.gone))
    apply(connection, now_kept, _parted(moved, now_kept), who=who)
    put_numbers(connection, row.gone, moved.gone.customer.numbers)
    _set(connection, row.kept, do_not_call=do_not_call(held(connection, row.kept).marks))
    _set(connection, row.gone, merged_into=None)
    back = record_of(connection, row.gone)
    assert back is not None
    _set(connection, row.gone, do_not_call=do_not_call(back.marks))
    now = datetime.now(UTC)
    note(connection, row.kept, now, who, [("merge", str(row.gone), "undone")])
    note(connection, row.gone, now, who, [("merge", f"into {row.kept}", "undone")])
    undone = {"undone_at": now, "undone_by": who}
    connection.execute(update(customer_merges).where(customer_merges.c.id == merge).values(undone))
    return msgspec.structs.replace(_merge_of(row), undone_at=now)


def _parted(moved: _Moved, now: CustomerRecord) -> CustomerChange:
    """Return what gives back what the merge added, and leaves what was changed since."""
    before, after, here = moved.before.customer, moved.after.customer, now.customer
    given = {number.e164 for number in after.numbers} - {number.e164 for number in before.numbers}
    added_tags = set(after.tags) - set(before.tags)
    added_addresses = set(moved.after.addresses) - set(moved.before.addresses)
    plain = {
        field: getattr(before, field)
        for field in ("company", "note", "owner")
        if getattr(here, field) == getattr(after, field)
    }
    fields = {
        name: before.fields.get(name, "")
        for name, value in after.fields.items()
        if value != before.fields.get(name, "") and here.fields.get(name) == value
    }
    return CustomerChange(
        **plain,
        id_number=moved.before.id_number if now.id_number == moved.after.id_number else None,
        numbers=tuple(number for number in here.numbers if number.e164 not in given),
        tags=tuple(tag for tag in here.tags if tag not in added_tags),
        addresses=tuple(address for address in now.addresses if address not in added_addresses),
        fields=fields,
    )


def _duplicates(connection: Connection, limit: int) -> list[Duplicate]:
    reasons: dict[tuple[int, int], list[str]] = defaultdict(list)
    number, here = customer_numbers.c, customers.c
    shared = (
        select(number.e164)
        .where(number.shared.is_(False))
        .group_by(number.e164)
        .having(func.count().between(2, MOST_OF_ONE))
        .order_by(number.e164)
        .limit(limit)
    )
    for e164 in connection.execute(shared).scalars().all():
        who = select(number.customer_id).where(number.e164 == e164).order_by(number.customer_id)
        _pair(reasons, connection.execute(who).scalars().all(), f"same number {e164}")
    for column, reason in ((here.id_number, "same id number"), (here.name_key, "")):
        twice = (
            select(column)
            .where(column != "", here.merged_into.is_(None))
            .group_by(column)
            .having(func.count().between(2, MOST_OF_ONE))
            .order_by(column)
            .limit(limit)
        )
        for value in connection.execute(twice).scalars().all():
            who = select(here.id).where(column == value, here.merged_into.is_(None)).order_by(here.id)
            ids = connection.execute(who).scalars().all()
            _pair(reasons, ids, reason) if reason else _pair_by_address(connection, reasons, ids)
    found = [Duplicate(first, second, tuple(why)) for (first, second), why in reasons.items()]
    found.sort(key=lambda pair: (-len(pair.reasons), pair.first, pair.second))
    return found[:limit]


def _pair(reasons: dict[tuple[int, int], list[str]], ids: Sequence[int], reason: str) -> None:
    for index, first in enumerate(ids):
        for second in ids[index + 1 :]:
            reasons[first, second].append(reason)


def _pair_by_address(connection: Connection, reasons: dict[tuple[int, int], list[str]], ids: Sequence[int]) -> None:
    """Pair those of one name whose addresses are alike."""
    addresses = {id_: record.addresses for id_ in ids if (record := record_of(connection, id_))}
    for index, first in enumerate(ids):
        for second in ids[index + 1 :]:
            if any(alike(one, two) for one in addresses.get(first, ()) for two in addresses.get(second, ())):
                reasons[first, second].append("similar name and address")


def alike(one: Address, two: Address) -> bool:
    """Return whether the two may be one place, written in two ways."""
    first, second = (str(address).replace(" ", "").casefold() for address in (one, two))
    return bool(first and second) and SequenceMatcher(None, first, second).ratio() >= ALIKE


def _set(connection: Connection, customer: int, **columns: Any) -> None:
    connection.execute(update(customers).where(customers.c.id == customer).values(columns))


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]


def _merge_of(row: Any) -> Merge:
    return Merge(row.id, row.kept, row.gone, row.at, row.who, row.undone_at)
