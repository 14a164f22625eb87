"""HTTP, for everybody who takes calls: forms about the customers of their calls, drafts, choice trees."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
from aiohttp import web

from cti.assist.forms.model import Tree
from cti.assist.forms.schema import schema_of, tree_of
from cti.assist.forms.validation import FieldError
from cti.assist.texts import error_text
from cti.customers import ChangedMeanwhile, NoSuchCustomer
from cti.forms import Draft
from cti.services.assist import NotYourCall
from cti.services.clock import milliseconds
from cti.services.forms import Conflict, FormDesk, NoForm, NotFilledIn, OpenForm, Sent, Target
from cti.services.identity import AlreadyRegistered
from cti.web import api_forms as api
from cti.web.auth import Identity
from cti.web.context import CONTEXT, HttpRefusal, answer, form, permitted
from cti.web.form_presence import key_of
from cti.web.permissions import Action, Phone, can

_A_YEAR = "private, max-age=31536000, immutable"


async def open_form(request: web.Request) -> web.Response:
    who = await permitted(request, Action.FILL_FORM)
    customer = request.query.get("customer", "")
    wanted = int(customer) if customer.isascii() and customer.isdigit() and len(customer) < 19 else 0
    if request.app[CONTEXT].forms is None:
        return web.Response(status=204)
    target = _target(request, who, request.query.get("call", ""), wanted)
    try:
        return answer(_view(await _desk(request).open(target, request.query.get("form", "")[:40])))
    except NoForm:
        return web.Response(status=204)
    except NoSuchCustomer:
        raise _no_customer() from None


async def keep_draft(request: web.Request) -> web.Response:
    wanted = await form(request, api.KeepDraft)
    who = await permitted(request, Action.FILL_FORM)
    at = await _desk(request).keep(_target(request, who, wanted.call, wanted.customer), _sent(wanted))
    return answer(api.DraftKept(milliseconds(at)))


async def save_form(request: web.Request) -> web.Response:
    wanted = await form(request, api.SaveForm)
    who = await permitted(request, Action.FILL_FORM)
    target = _target(request, who, wanted.call, wanted.customer)
    try:
        saved = await _desk(request).save(target, _sent(wanted, wanted.confirmed))
    except NotFilledIn as bad:
        errors = tuple(map(_error, bad.errors))
        return answer(api.FormErrors("form_errors", "some fields are not right", errors), status=422)
    except Conflict as conflict:
        return answer(_conflict(request, conflict), status=409)
    except (AlreadyRegistered, ChangedMeanwhile):
        raise HttpRefusal(409, "changed_meanwhile", "somebody else saves this customer now; try again") from None
    except NoForm:
        raise _no_form() from None
    except NoSuchCustomer:
        raise _no_customer() from None
    return answer(_view(saved))


async def take_over(request: web.Request) -> web.Response:
    wanted = await form(request, api.TakeOver)
    who = await permitted(request, Action.FILL_FORM)
    desk, target = _desk(request), _target(request, who, wanted.call, wanted.customer)
    if not await desk.take_over(target, wanted.form):
        raise HttpRefusal(404, "not_found", "nothing is left unfinished here any more")
    try:
        return answer(_view(await desk.open(target, wanted.form)))
    except NoForm:
        raise _no_form() from None
    except NoSuchCustomer:
        raise _no_customer() from None


async def tree(request: web.Request) -> web.Response:
    """A choice tree, which browsers keep: another version has another address."""
    await permitted(request, Action.FILL_FORM)
    found = request.app[CONTEXT].content.trees.get(request.query.get("name", ""))
    if found is None:
        raise HttpRefusal(404, "not_found", "there is no such choice tree")
    version, body = _encoded(found)
    kept = _A_YEAR if request.query.get("version") == version else "no-store"
    response = web.Response(body=body, content_type="application/json", headers={"Cache-Control": kept})
    response.enable_compression()
    return response


ROUTES = (
    web.get("/api/assist/form", open_form),
    web.post("/api/assist/form/draft", keep_draft),
    web.post("/api/assist/form/save", save_form),
    web.post("/api/assist/form/take_over", take_over),
    web.get("/api/assist/tree", tree),
)


def _desk(request: web.Request) -> FormDesk:
    desk = request.app[CONTEXT].forms
    if desk is None:
        raise _no_form()
    return desk


def _target(request: web.Request, who: Identity, call: str, customer: int) -> Target:
    """Return whom the form is about: whoever is in a call that reached one's phone, or a customer whom one may see."""
    desk, device = _desk(request), who.actor.device
    if call:
        if not can(who.actor, Action.ACT_ON_CALL, Phone(device)):
            raise HttpRefusal(403, "not_allowed", "you have no phone")
        try:
            return desk.in_call(who.user, device, call)
        except NotYourCall:
            raise HttpRefusal(404, "not_found", "no such call reached your phone lately") from None
    if customer <= 0 or not can(who.actor, Action.SEE_CUSTOMER):
        raise HttpRefusal(404, "not_found", "name a call, or a customer")
    return desk.of_customer(who.user, customer)


def _sent(wanted: api.SendForm, confirmed: tuple[str, ...] = ()) -> Sent:
    return Sent(wanted.form, wanted.version, wanted.values, wanted.revision, wanted.focus, confirmed)


def _view(opened: OpenForm) -> api.FormView:
    found = opened.form
    return api.FormView(
        key_of(opened.about),
        found.name,
        found.version,
        found.title.zh,
        found.title.en,
        schema_of(found),
        {each.name: _encoded(each)[0] for each in found.trees()},
        dict(opened.values),
        opened.revision,
        opened.about.customer,
        tuple(
            api.FormPrompt(asked.prompt.kind, asked.prompt.field, asked.fields, asked.prompt.age_days)
            for asked in opened.asked
        ),
        _draft(opened, opened.draft),
        _draft(opened, opened.unfinished),
        milliseconds(datetime.now(UTC)),
    )


def _draft(opened: OpenForm, draft: Draft | None) -> api.DraftView | None:
    if draft is None:
        return None
    values = {name: value for name, value in draft.values.items() if opened.form.field(name) is not None}
    return api.DraftView(draft.author, milliseconds(draft.at), values, draft.revision, draft.focus)


def _error(error: FieldError) -> api.FormError:
    zh, en = (error_text(error.code, error.values, error.at, language=language) for language in ("zh", "en"))
    return api.FormError(error.path, error.code, zh, en)


def _conflict(request: web.Request, conflict: Conflict) -> api.FormConflict:
    people = {profile.user.name: profile.user.display_name for profile in request.app[CONTEXT].people.profiles}
    fields = tuple(
        api.DisputedField(each.field, each.mine, each.theirs, people.get(each.who, each.who), milliseconds(each.at))
        for each in conflict.fields
    )
    return api.FormConflict("form_conflict", "somebody else wrote these fields", fields, conflict.revision)


@lru_cache(maxsize=32)
def _encoded(found: Tree) -> tuple[str, bytes]:
    """Return the version of a tree, and the tree as browsers get it."""
    body = msgspec.json.encode(tree_of(found))
    return hashlib.sha256(body).hexdigest()[:12], body


def _no_form() -> HttpRefusal:
    return HttpRefusal(404, "not_found", "there is no form to fill in here")


def _no_customer() -> HttpRefusal:
    return HttpRefusal(404, "not_found", "there is no such customer any more; look again")
