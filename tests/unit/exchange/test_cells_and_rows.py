"""Cells that no spreadsheet runs, numbers as people write them, and rows that are customers or refused."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist import numbers
from cti.assist.customfields import CustomField, faults_of, value_of
from cti.assist.ranking import Candidate, rank
from cti.customers import Address, CustomerRecord, name_key, numbers_text
from cti.exchange import cells
from cti.exchange.columns import map_columns
from cti.exchange.encodings import BadFile
from cti.exchange.exporting import headings, row_of
from cti.exchange.rows import RowReader
from cti.ports import Customer, CustomerNumber

OWN = (
    CustomField("policy", zh="保单号"),
    CustomField("age", kind="number"),
    CustomField("born", kind="date"),
    CustomField("smokes", kind="yes_no"),
    CustomField("plan", kind="choice", choices=("A", "B")),
)


@given(st.text())
def test_a_safe_cell_is_no_formula_and_reads_as_the_same(text: str) -> None:
    cell = cells.safe(text)
    assert cells.read(cell) == text
    assert cell[:1] not in set("=+-@\t\r\n＝＋－＠")


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2), min_size=1))
def test_a_csv_file_gives_back_what_was_written(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows([[cells.safe(cell) for cell in row] for row in rows])
    file.seek(0)
    assert [[cells.read(cell) for cell in row] for row in csv.reader(file, strict=True)] == rows


@given(st.from_regex(r"(\+86|86|0086)?[ -]?1[0-9]{2}[ -]?[0-9]{4}[ -]{0,2}[0-9]{4}", fullmatch=True))
def test_the_short_way_for_mobiles_comes_to_what_the_long_one_does(text: str) -> None:
    short, long = numbers.read.__wrapped__(text, "CN"), numbers.read.__wrapped__(f" {text};", "CN")
    assert short.e164 in ("", f"+86{''.join(c for c in text if c.isdigit())[-11:]}")
    if long.e164:
        assert short.e164 == long.e164


KINDS = st.sampled_from(["mobile", "work", "home", "手机", "assistant 2"])
NUMBERS = st.lists(
    st.builds(
        CustomerNumber,
        st.sampled_from(["+8613800138000", "+861065529988", "+390612345678", "+14155552671", "+8613912345678"]),
        KINDS,
        st.none()
        | st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(
            lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda number: number.e164,
)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufffd"), max_size=40)
LINE = WORDS.map(str.strip)


@given(
    NUMBERS,
    LINE.filter(bool),
    LINE,
    LINE,
    st.sampled_from(["person", "company"]),
    st.lists(st.from_regex(r"[\w=+@-]{1,8}", fullmatch=True).map(str.strip).filter(bool), unique=True),
    LINE,
    st.booleans(),
)
def test_what_is_exported_can_be_imported(
    nums: list[CustomerNumber], name: str, company: str, note: str, kind: str, tags: list[str], street: str, dnc: bool
) -> None:
    customer = Customer(7, name, tuple(nums), tuple(tags), company, note, kind, "anna", dnc, {"policy": "P-1"})  # type: ignore[arg-type]
    now = datetime(2026, 3, 2, tzinfo=UTC)
    address = Address(street=street)
    record = CustomerRecord(customer, "110", (address,) if street else (), (), now, now, "anna")
    reader = RowReader(map_columns(headings(OWN), {}, OWN), "CN", OWN)
    row = reader.read(row_of(record, OWN))
    assert row.numbers == customer.numbers
    assert (row.name, row.company, row.note, row.kind, row.tags) == (name, company, note, kind, tuple(tags))
    assert (row.do_not_call, row.owner, row.id_number) == (dnc, "anna", "110")
    assert row.address == (address if street else None)
    assert {k: v for k, v in (row.fields or {}).items() if v} == {"policy": "P-1"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["王芳", "138\r\n00138000", ""], "line break"),
        (["王芳", "13800138000%0d%0aAction: Originate", ""], "line break"),
        (["王芳", "13800138000\u2028", ""], "line break"),
        (["=HYPERLINK(1)", "13800138000", ""], "formula"),
        (["@SUM(A1)", "13800138000", ""], "formula"),
        (["＝cmd|' /C calc'!A0", "13800138000", ""], "formula"),
        (["王芳", "1.38E+10", ""], "rounded"),
        (["王芳", "1001", ""], "too short"),
        (["王芳", "nobody", ""], "no telephone number"),
        (["王芳", "", ""], "no telephone number"),
        ([" ", "13800138000", ""], "no name"),
        (["王\ufffd", "13800138000", ""], "cannot be read"),
        (["王\x07", "13800138000", ""], "control character"),
        (["王\n芳", "13800138000", ""], "line break"),
        (["王" * 501, "13800138000", ""], "too long"),
        (["王芳", "13800138000", "", "more"], "4 columns"),
        (["王芳", ";".join(f"138{n:08}" for n in range(60)), ""], "more than 50"),
    ],
)
def test_refused_with_the_reason(row: list[str], reason: str) -> None:
    reader = RowReader(map_columns(["姓名", "手机", "公司"], {}), "CN")
    with pytest.raises(ValueError, match=reason):
        reader.read(row)


def test_numbers_as_people_write_them() -> None:
    reader = RowReader(map_columns(["name", "手机", "座机"], {}), "CN")
    row = reader.read(["'=1+1 Ltd", "138 0013 8000、+39 06 1234 5678", "(010) 65529988"])
    assert row.name == "=1+1 Ltd"
    assert numbers_text(row.numbers) == "+8613800138000 (mobile); +390612345678 (mobile); +861065529988 (work)"


def test_columns_are_guessed_told_and_refused() -> None:
    columns = map_columns(["Customer", "Mobile No", "保单号", "E-Mail", "name"], {"Mobile No": "numbers:mobile"}, OWN)
    assert [column.field for column in columns] == ["name", "numbers:mobile", "fields.policy", "skip", "skip"]
    for told, problem in (({"x": "name"}, "no column 'x'"), ({"Customer": "nose"}, "no field 'nose'"), ({}, "number")):
        with pytest.raises(BadFile, match=problem):
            map_columns(["Customer"], told)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("age", "1,200.50", "1200.5"),
        ("age", "-0", "0"),
        ("born", "2026年3月2日", "2026-03-02"),
        ("born", "20260302", "2026-03-02"),
        ("smokes", "是", "yes"),
        ("plan", "B", "B"),
        ("policy", "  P-1 ", "P-1"),
        ("age", "", ""),
    ],
)
def test_own_fields_are_kept_in_one_form(field: str, text: str, value: str) -> None:
    assert value_of(next(own for own in OWN if own.name == field), text) == value


@pytest.mark.parametrize(
    ("field", "text"), [("age", "old"), ("born", "2026-02-30"), ("smokes", "maybe"), ("plan", "C")]
)
def test_own_fields_refuse(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=field):
        value_of(next(own for own in OWN if own.name == field), text)


def test_own_fields_are_declared_once_and_whole() -> None:
    assert faults_of(OWN, ["name"]) == []
    assert (
        len(faults_of([CustomField("name"), CustomField("a"), CustomField("a"), CustomField("b", "choice")], ["name"]))
        == 3
    )


@given(st.lists(st.builds(Candidate, st.integers(), st.none(), *[st.booleans()] * 4), unique_by=lambda c: c.customer))
def test_who_was_denied_comes_last(candidates: list[Candidate]) -> None:
    ranked = rank(candidates)
    denied = {candidate.customer for candidate in candidates if candidate.denied}
    assert sorted(id_ for id_, _ in ranked) == sorted(candidate.customer for candidate in candidates)
    assert [reason == "not_this_person" for _, reason in ranked] == sorted(id_ in denied for id_, _ in ranked)


def test_names_that_look_alike_have_one_key() -> None:
    assert name_key("王 芳") == name_key("王芳")
    assert name_key("Rossi, Anna") == name_key("ANNA  ROSSI") == name_key("ａｎｎａ rossi")
