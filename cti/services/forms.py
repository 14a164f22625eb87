"""Forms at the desk: what to ask a customer in a call, drafts of the answers, and saving them into the record."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cti.assist.conditions import is_empty
from cti.assist.forms.model import Form
from cti.assist.forms.validation import FieldError, validate
from cti.assist.prompts import Facts, Prompt, prompts
from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.content import Content
from cti.customers import ChangedMeanwhile, CustomerChange, CustomerRecord, NoSuchCustomer
from cti.forms import About, Changed, Draft, Drafts, Entry, Filed, FormBook
from cti.ports import Directory, NewCustomer, StorageDown, User
from cti.services.assist import AssistService
from cti.services.formfill import (
    ADDRESS,
    confirmed_at,
    consent_mark,
    consent_of,
    facts_of,
    history_name,
    national,
    values_of,
    work_of,
)
from cti.services.identity import Identity
from cti.services.lookups import Lookup

log = logging.getLogger(__name__)

DRAFTS_KEPT = timedelta(days=14)
_PURGE_SECONDS = 3_600.0
_TRIES = 3
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class NoForm(Exception):
    """No form is asked for here, or there is none of that name."""


class NotFilledIn(Exception):
    """What was sent does not fit the form; it is kept as a draft."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(", ".join(error.path for error in errors))
        self.errors = errors


class Disputed(msgspec.Struct, frozen=True):
    """A field that two people wrote."""

    field: str
    mine: Any
    theirs: Any
    who: str
    at: datetime


class Conflict(Exception):
    """Somebody else wrote the same fields since; nothing was saved, and what was sent is kept as a draft."""

    def __init__(self, fields: tuple[Disputed, ...], filed: Filed) -> None:
        super().__init__(", ".join(each.field for each in fields))
        self.fields = fields
        self.revision = revision_of(filed.record)


class Asked(msgspec.Struct, frozen=True):
    """A prompt, with the fields of the form that answer it."""

    prompt: Prompt
    fields: tuple[str, ...]


class OpenForm(msgspec.Struct, frozen=True):
    """A form as somebody sees it."""

    about: About
    form: Form
    values: Mapping[str, Any]  # as they are kept; of a new customer what is known already
    revision: str  # of the record; "" for a new customer
    asked: tuple[Asked, ...]
    draft: Draft | None  # one's own
    unfinished: Draft | None  # somebody else's


class Sent(msgspec.Struct, frozen=True):
    """What a screen sends: of the fields that the person touched; None empties one."""

    form: str
    version: str
    values: Mapping[str, Any]
    revision: str = ""
    focus: str = ""
    confirmed: tuple[str, ...] = ()  # fields of the customer


class Target(msgspec.Struct, frozen=True):
    """Whom a form is filled in for, and who asks."""

    user: User
    about: About
    device: Device = Device("")
    lookup: Lookup | None = None

    @property
    def call(self) -> str:
        return self.lookup.call if self.lookup else ""


@dataclass(frozen=True, slots=True)
class FormsKept:
    book: FormBook
    drafts: Drafts


def revision_of(record: CustomerRecord) -> str:
    return record.updated_at.isoformat()


class FormDesk:
    """Opens, keeps and saves forms. *told* hears of each customer that was written: its id and new revision."""

    def __init__(
        self,
        kept: FormsKept,
        *,
        content: Content,
        assist: AssistService,
        identity: Identity,
        directory: Directory,
        region: str,
        zone: ZoneInfo,
        told: Callable[[About, str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._book = kept.book
        self._drafts = kept.drafts
        self._content = content
        self._assist = assist
        self._identity = identity
        self._directory = directory
        self._region = region
        self._zone = zone
        self._told = told
        self._now = now

    # --- whom it is about -------------------------------------------------------------------------------------------

    def in_call(self, user: User, device: Device, call: str) -> Target:
        """Return whom *call* is about; raise NotYourCall where it never reached *device*."""
        lookup = self._assist.subject(device, CallId(call))
        return Target(user, About(lookup.chosen, lookup.e164, lookup.call), device, lookup)

    def of_customer(self, user: User, customer: int) -> Target:
        return Target(user, About(customer))

    # --- showing ----------------------------------------------------------------------------------------------------

    async def open(self, target: Target, name: str = "") -> OpenForm:
        """Return the form of that name, else the one for registering, as it now stands. Raises NoForm, NoSuchCustomer.

        Before it is known whether anybody has the number there is no form.
        """
        form = self._content.forms.active(name or self._content.rules.form)
        if form is None or (target.about.customer is None and not _is_unknown(target.lookup)):
            raise NoForm
        filed = await self._filed(target)
        drafts = await self._drafts.about(target.about, form.name)
        mine = next((draft for draft in drafts if draft.user == target.user.id), None)
        others = next((draft for draft in drafts if draft.user != target.user.id), None)
        return OpenForm(
            target.about,
            form,
            values_of(form, filed) if filed else self._beginning(form, target),
            revision_of(filed.record) if filed else "",
            self._asked(form, filed),
            mine,
            others,
        )

    async def needed(self, customer: int | None, outcome: str) -> tuple[str, ...]:
        """Return the fields of the customer that *outcome* still needs before the wrap-up may end."""
        if outcome not in self._content.rules.outcomes:
            return ()
        filed = await self._book.filed(customer) if customer is not None else None
        found = prompts(self._content.rules, self._facts(filed, outcome))
        return tuple(prompt.field for prompt in found if prompt.kind == "require")

    def tree(self, name: str) -> Any:
        """Return the choice tree of that name, or None."""
        return self._content.trees.get(name)

    # --- drafts -----------------------------------------------------------------------------------------------------

    async def keep(self, target: Target, sent: Sent) -> datetime:
        """Keep what was typed so far; nothing typed is no draft. Return when that was."""
        now = self._now()
        if sent.values:
            draft = Draft(
                target.user.id, target.about, sent.form, sent.version, sent.values, now, sent.revision, sent.focus
            )
            await self._drafts.put(draft)
        else:
            await self._drafts.drop(target.user.id, target.about, sent.form)
        return now

    async def take_over(self, target: Target, form: str) -> bool:
        """Make the latest draft of somebody else one's own; return whether there was one."""
        drafts = await self._drafts.about(target.about, form)
        author = next((draft.user for draft in drafts if draft.user != target.user.id), None)
        return author is not None and await self._drafts.take_over(target.user.id, target.about, form, author=author)

    async def run(self) -> None:
        """Forget old drafts until cancelled."""
        while True:
            try:
                await self._drafts.purge(before=self._now() - DRAFTS_KEPT)
            except StorageDown as down:
                log.warning("old drafts were not forgotten", extra={"error": type(down).__name__})
            await asyncio.sleep(_PURGE_SECONDS)

    # --- saving -----------------------------------------------------------------------------------------------------

    async def save(self, target: Target, sent: Sent) -> OpenForm:
        """Save what was sent, with its history, and return the form as it then stands.

        Raises NoForm, NotFilledIn, Conflict, NoSuchCustomer, AlreadyRegistered.
        """
        form = self._content.forms.version(sent.form, sent.version) or self._content.forms.active(sent.form)
        if form is None:
            raise NoForm
        try:
            for tries_left in reversed(range(_TRIES)):
                try:
                    customer = await self._save(form, target, sent)
                    break
                except ChangedMeanwhile:  # between our reading and our writing
                    if not tries_left:
                        raise
        except (NotFilledIn, Conflict):
            await self.keep(target, sent)
            raise
        await self._drafts.drop(target.user.id, target.about, form.name)
        known = msgspec.structs.replace(target, about=msgspec.structs.replace(target.about, customer=customer))
        await self._show(known, customer)
        opened = await self.open(known, form.name)
        self._told(target.about, opened.revision)
        return opened

    async def _save(self, form: Form, target: Target, sent: Sent) -> int:
        filed = await self._filed(target)
        before = values_of(form, filed) if filed else self._beginning(form, target)
        if filed is not None:
            disputed = tuple(_disputed(form, sent, before, filed))
            if disputed:
                raise Conflict(disputed, filed)
        today = self._now().astimezone(self._zone).date()
        values = _checked(form, sent.values, before, is_new=filed is None, today=today)
        work = work_of(form, values, filed, region=self._region, caller=target.about.number)
        if work.errors:
            raise NotFilledIn(work.errors)
        now, source = self._now(), f"{form.name}@{form.version}"
        said = work.consent
        consent = None
        if said is not None and (filed is None or said != consent_of(filed.record)):
            consent = consent_mark(said, at=now, who=target.user.name, call=target.call, source=source)
        confirmed = tuple(
            dict.fromkeys(history_name(name) for name in sent.confirmed if name in self._content.rules.stale)
        )
        entry = Entry(form.name, form.version, target.user.name, target.call, work.answers, confirmed, consent)
        if filed is not None:
            customer = filed.record.customer.id
            await self._book.revise(customer, work.change, entry, seen=filed.record.updated_at)
            return customer
        return await self._register(target, work.change, entry)

    async def _register(self, target: Target, change: CustomerChange, entry: Entry) -> int:
        new = NewCustomer(
            change.name or "",
            change.numbers or (),
            change.tags or (),
            change.company or "",
            change.note or "",
            change.kind or "person",
            change.owner or "",
            dict(change.fields or {}),
            target.user.name,
        )
        rest = CustomerChange(id_number=change.id_number, addresses=change.addresses)
        if target.lookup is None:
            return await self._book.register(new, rest, entry)
        with self._identity.registering(target.lookup):
            return await self._book.register(new, rest, entry)

    async def _show(self, target: Target, customer: int) -> None:
        """Have the cards show what the record now says."""
        known = await self._directory.get(customer)
        if known is not None:
            self._identity.learned(known, target.lookup, target.device)

    # --- helpers ----------------------------------------------------------------------------------------------------

    async def _filed(self, target: Target) -> Filed | None:
        customer = target.about.customer
        if customer is None:
            return None
        filed = await self._book.filed(customer)
        if filed is None:
            raise NoSuchCustomer(customer)
        return filed

    def _beginning(self, form: Form, target: Target) -> dict[str, Any]:
        """Return what is known of somebody new: their number, where the form takes it."""
        number = national(target.about.number)
        for field in form.fields:
            if field.fills == "number" and number:
                fits = validate(msgspec.structs.replace(form, fields=(field,)), {field.name: number}, today=date.max)
                return dict(fits.values)
        return {}

    def _asked(self, form: Form, filed: Filed | None) -> tuple[Asked, ...]:
        found = []
        for prompt in prompts(self._content.rules, self._facts(filed, "")):
            fields = tuple(field.name for field in form.fields if _answers(field.fills or field.name, prompt.field))
            if fields or prompt.kind == "register":
                found.append(Asked(prompt, fields))
        return tuple(found)

    def _facts(self, filed: Filed | None, outcome: str) -> Facts:
        if filed is None:
            return Facts("unknown", self._now(), outcome=outcome)
        stale = {name: confirmed_at(filed, name) for name in self._content.rules.stale}
        return Facts("known", self._now(), facts_of(filed), stale, outcome)


def _is_unknown(lookup: Lookup | None) -> bool:
    return lookup is not None and lookup.card().state in ("unknown", "hidden")


def _answers(fills: str, wanted: str) -> bool:
    return fills == wanted or (wanted == "address" and fills in ADDRESS)


def _checked(
    form: Form, sent: Mapping[str, Any], before: Mapping[str, Any], *, is_new: bool, today: date
) -> dict[str, Any]:
    """Return the values to store, None for one that is emptied, or raise NotFilledIn.

    Of a known customer only what was sent is stored, and what was wrong before is no obstacle.
    """
    filled = validate(form, {**before, **sent}, today=today)
    errors, kept = filled.errors, filled.values
    if not is_new:
        old = {(error.path, error.code) for error in validate(form, before, today=today).errors}
        errors = tuple(
            error for error in errors if error.path.partition("/")[0] in sent or (error.path, error.code) not in old
        )
    if errors:
        raise NotFilledIn(errors)
    if is_new:
        return dict(kept)
    return {name: kept.get(name) for name, value in sent.items() if name in kept or is_empty(value)}


def _disputed(form: Form, sent: Sent, before: Mapping[str, Any], filed: Filed) -> list[Disputed]:
    """Return the fields that somebody else wrote since the sender read them, and in which the sender says otherwise."""
    if sent.revision == revision_of(filed.record):
        return []
    seen = _moment(sent.revision)
    unseen = Changed(filed.record.updated_at, filed.record.created_by)
    found = []
    for field in form.fields:
        theirs = before.get(field.name)
        if field.name not in sent.values or _same(sent.values[field.name], theirs):
            continue
        changed = filed.changed.get(history_name(field.fills, field.name))
        if seen == _BEGINNING and not is_empty(theirs):
            changed = changed or unseen
        if changed is not None and changed.at > seen:
            found.append(Disputed(field.name, sent.values[field.name], theirs, changed.who, changed.at))
    return found


def _same(one: Any, other: Any) -> bool:
    return one == other or (is_empty(one) and is_empty(other))


def _moment(revision: str) -> datetime:
    try:
        moment = datetime.fromisoformat(revision)
    except ValueError:
        return _BEGINNING
    return moment if moment.tzinfo else _BEGINNING
