"""What a form shows of a record, and what its values change there."""

from datetime import UTC, datetime

import pytest

from cti.assist.forms.compiling import compile_form
from cti.assist.forms.model import Form
from cti.assist.forms.trees import compile_tree
from cti.customers import Address, CustomerRecord
from cti.forms import Changed, Filed
from cti.ports import Customer, CustomerNumber
from cti.services.formfill import confirmed_at, facts_of, history_name, values_of, work_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOBILE, OTHER = "+8613800138000", "+8613900139000"
TREE = "levels: 省 | P > 市 | C > 区 | D\n浙江省 | Zhejiang\n  杭州市 | Hangzhou\n    西湖区 | Xihu\n"
FIELD = '[[field]]\nname = "{name}"\nlabel = {{ zh = "x", en = "x" }}\n{more}\n'
TEXT = 'title = { zh = "x", en = "x" }\n' + "".join(
    FIELD.format(name=name, more=more)
    for name, more in {
        "called": 'fills = "name"',
        "mobile": 'fills = "number"',
        "region": 'type = "tree"\ntree = "places"\nfills = "address"',
        "street": 'fills = "street"',
        "tags": 'fills = "tags"',
        "smokes": 'type = "yes_no"\nfills = "smoker"',
        "consent": 'type = "yes_no"\nfills = "consent"',
        "email": "",
    }.items()
)


@pytest.fixture(scope="module")
def form() -> Form:
    tree, _ = compile_tree("places", "places.txt", TREE)
    assert tree is not None
    form, faults = compile_form("sample", "sample.toml", TEXT, trees={"places": tree})
    assert form is not None, faults
    return form


def filed(*numbers: CustomerNumber) -> Filed:
    customer = Customer(7, "王芳", numbers or (CustomerNumber(MOBILE),), ("VIP",), fields={"smoker": "no"})
    home = Address("home", "浙江省", "杭州市", "西湖区", "文三路", "310000")
    record = CustomerRecord(customer, "", (home, Address("work")), (), NOON, NOON, "anna")
    return Filed(record, {"email": "w@x.cn"}, {"addresses": Changed(NOON, "anna")})


def test_a_form_shows_what_the_record_has(form: Form) -> None:
    assert values_of(form, filed()) == {
        "called": "王芳",
        "mobile": "13800138000",
        "region": ["浙江省", "杭州市", "西湖区"],
        "street": "文三路",
        "tags": "VIP",
        "smokes": False,
        "email": "w@x.cn",
    }


def test_what_is_shown_and_sent_back_changes_nothing(form: Form) -> None:
    known = filed()
    work = work_of(form, values_of(form, known), known, region="CN", caller=MOBILE)
    assert work.change.numbers is None
    assert work.change.addresses == known.record.addresses
    assert work.change.tags == ("VIP",)
    assert work.change.fields == {"smoker": "no"}
    assert work.consent is None


def test_an_address_keeps_what_the_form_does_not_have(form: Form) -> None:
    work = work_of(form, {"street": "文二路", "region": None}, filed(), region="CN", caller="")
    assert work.change.addresses == (Address("home", "", "", "", "文二路", "310000"), Address("work"))


@pytest.mark.parametrize(
    ("first", "caller", "then"),
    [
        (CustomerNumber(MOBILE), "", [OTHER]),  # it was mistyped
        (CustomerNumber(MOBILE), MOBILE, [MOBILE, OTHER]),  # they call from it
        (CustomerNumber(MOBILE, verified_at=NOON), "", [MOBILE, OTHER]),
        (CustomerNumber(OTHER), "", None),
    ],
)
def test_another_number_takes_the_place_of_one_that_is_not_proven(
    form: Form, first: CustomerNumber, caller: str, then: list[str] | None
) -> None:
    numbers = work_of(form, {"mobile": "139 0013 9000"}, filed(first), region="CN", caller=caller).change.numbers
    assert (None if numbers is None else [number.e164 for number in numbers]) == then


def test_a_new_customer_has_the_number_of_the_call(form: Form) -> None:
    work = work_of(form, {"called": "李强", "consent": True, "email": "l@x.cn"}, None, region="CN", caller=MOBILE)
    assert work.change.numbers == (CustomerNumber(MOBILE),)
    assert (work.change.name, work.consent, dict(work.answers)) == ("李强", True, {"email": "l@x.cn"})


def test_a_number_that_cannot_be_called_is_refused(form: Form) -> None:
    errors = work_of(form, {"mobile": "110"}, filed(), region="CN", caller="").errors
    assert [(error.path, error.code) for error in errors] == [("mobile", "pattern")]


def test_rules_ask_by_the_names_of_the_settings(form: Form) -> None:
    known = facts_of(filed())
    assert (known["number"], known["smoker"], known["email"]) == (MOBILE, "no", "w@x.cn")
    assert known["address"] == "浙江省 杭州市 西湖区 文三路 310000"
    assert history_name("street") == history_name("address") == "addresses"
    assert history_name("", "email") == "answers.email"
    assert confirmed_at(filed(CustomerNumber(MOBILE, verified_at=NOON)), "number") == NOON
