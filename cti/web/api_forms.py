"""The JSON of the HTTP interface about forms: what to ask in a call, drafts, saving, and who else is at it."""

from typing import Annotated, Any, Literal

import msgspec

from cti.web.api import Form

_Call = Annotated[str, msgspec.Meta(max_length=150)]
_Name = Annotated[str, msgspec.Meta(max_length=40)]
_Revision = Annotated[str, msgspec.Meta(max_length=40)]
_Values = Annotated[dict[_Name, Any], msgspec.Meta(max_length=300)]


class SendForm(Form, frozen=True, kw_only=True):
    """What somebody typed: of the fields that they touched; null empties one. `call`, or else `customer`."""

    call: _Call = ""
    customer: int = 0
    form: _Name
    version: _Name
    values: _Values
    revision: _Revision = ""  # as it came with the form
    focus: _Name = ""


class KeepDraft(SendForm, frozen=True, kw_only=True):
    """POST /api/assist/form/draft -> DraftKept. No values: there is no draft any more."""


class SaveForm(SendForm, frozen=True, kw_only=True):
    """POST /api/assist/form/save -> FormView; 422 FormErrors, 409 FormConflict: then the draft is kept.

    `confirmed` are fields of the customer (FormPrompt.field) that are still right.
    """

    confirmed: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=50)] = ()


class TakeOver(Form, frozen=True, kw_only=True):
    """POST /api/assist/form/take_over -> FormView: go on with what somebody else left unfinished."""

    call: _Call = ""
    customer: int = 0
    form: _Name


class DraftKept(msgspec.Struct, frozen=True):
    at: float


class FormPrompt(msgspec.Struct, frozen=True):
    """Something to ask now. `fields` of the form answer it; `age_days`: so long not confirmed, null where unknown."""

    kind: Literal["register", "require", "ask", "confirm"]
    field: str
    fields: tuple[str, ...]
    age_days: int | None


class DraftView(msgspec.Struct, frozen=True):
    author: str
    at: float
    values: dict[str, Any]
    revision: str
    focus: str


class FormView(msgspec.Struct, frozen=True):
    """GET /api/assist/form?call=ID, or ?customer=ID; &form=NAME for another than that for registering.

    204 where there is none to fill in.
    """

    about: str  # whom it is about, in messages of the type "form"
    form: str
    version: str
    title_zh: str
    title_en: str
    form_schema: dict[str, Any]  # JSON Schema, as cti/assist/forms/schema.py writes it
    trees: dict[str, str]  # name -> version: GET /api/assist/tree?name=NAME&version=VERSION
    values: dict[str, Any]
    revision: str  # "": nobody is registered yet
    customer: int | None
    prompts: tuple[FormPrompt, ...]
    draft: DraftView | None  # one's own
    unfinished: DraftView | None  # a colleague's
    now: float


class FormError(msgspec.Struct, frozen=True):
    """What is wrong with a field. `path` leads to it: "city", or "phones/2" inside a list."""

    path: str
    code: str
    zh: str
    en: str


class FormErrors(msgspec.Struct, frozen=True):
    """422: it does not fit the form."""

    code: Literal["form_errors"]
    text: str
    errors: tuple[FormError, ...]


class DisputedField(msgspec.Struct, frozen=True):
    field: str
    mine: Any
    theirs: Any
    who: str
    at: float


class FormConflict(msgspec.Struct, frozen=True):
    """409: somebody wrote the same fields meanwhile. Choose for each, and save again with this `revision`."""

    code: Literal["form_conflict"]
    text: str
    fields: tuple[DisputedField, ...]
    revision: str


FORMS: tuple[type[Form], ...] = (KeepDraft, SaveForm, TakeOver)
ANSWERS: tuple[type[msgspec.Struct], ...] = (DraftKept, FormView, FormErrors, FormConflict)
