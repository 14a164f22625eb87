"""What is read off an answer, whom a connection may go to, and what of it reaches a screen."""

from typing import Any

import msgspec
import pytest

from connectors.crm.http_json import may_connect
from connectors.crm.json_answer import at, records_of
from connectors.crm.values import text_of
from cti.ports import SourceFailed, SourceRecord
from cti.services.sources import is_page, plain
from cti.sources import HttpSource, SourceField

SETTINGS = HttpSource(
    name="crm",
    url="https://crm.example.cn/{e164}",
    records="/data/list",
    id="/id",
    title="/person/name",
    field=(SourceField("/level"), SourceField("/tags"), SourceField("/person/vip"), SourceField("/orders/0/no")),
)
RECORD = {
    "id": 7,
    "person": {"name": "王芳", "vip": True},
    "level": 3.5,
    "tags": ["续保", "老客户"],
    "orders": [{"no": "P-1"}, {"no": "P-2"}],
}


def read(answer: object) -> list[SourceRecord]:
    return records_of(msgspec.json.encode(answer), SETTINGS)


def test_fields_are_found_by_their_pointers() -> None:
    fields = {"level": "3.5", "tags": "续保, 老客户", "person/vip": "✓", "orders/0/no": "P-1"}
    assert read({"data": {"list": [RECORD]}}) == [SourceRecord("7", "王芳", fields)]


def test_the_only_record_need_not_be_in_a_list() -> None:
    assert [record.id for record in read({"data": {"list": RECORD}})] == ["7"]


@pytest.mark.parametrize("answer", [{}, [], {"data": None}, {"data": {"list": []}}, {"data": {"list": None}}])
def test_an_answer_without_records_is_nobody(answer: object) -> None:
    assert read(answer) == []


def test_what_is_missing_is_empty() -> None:
    [record] = read({"data": {"list": [{"id": None, "person": "王芳"}]}})
    assert (record.id, record.name, set(record.fields.values())) == ("", "", {""})


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b'{"data":', b"\xff\xfe", b"[" * 200_000, b'{"data": {"list": [1, 2]}}']
)
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(SourceFailed):
        records_of(answer, SETTINGS)


def test_no_more_records_are_read_than_a_card_shows() -> None:
    assert len(read({"data": {"list": [RECORD] * 1000}})) == 5


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a/b": [10, {"~": 1}]}),
        ("/a~1b/0", 10),
        ("/a~1b/1/~0", 1),
        ("/a~1b/2", None),
        ("/a~1b/-1", None),
        ("/x/y", None),
    ],
)
def test_pointers(pointer: str, value: object) -> None:
    assert at({"a/b": [10, {"~": 1}]}, pointer) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (False, "✗"), (0, "0"), ({"a": 1}, ""), ([1, None, "b", [2]], "1, b"), (b"\x00", ""), ("a", "a")],
)
def test_values_become_text(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("8.8.8.8", True, True),
        ("2400:3200::1", True, True),
        ("10.0.0.8", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("2002:7f00:1::", False, True),
        ("fd00::1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
    ],
)
def test_whom_a_connection_may_go_to(address: str, public: bool, private: bool) -> None:
    assert (may_connect(address, private=False), may_connect(address, private=True)) == (public, private)


def test_text_from_elsewhere_stands_in_one_line_and_cannot_turn_the_writing() -> None:
    assert plain("王\u202e芳\r\n\x00<b>\u200b", 50) == "王芳 <b>"
    assert plain("x" * 10_000, 500) == "x" * 500


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("https://crm.example.cn/7", True),
        ("http://crm.intern/7", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//crm.example.cn/7", False),
        ("https:///7", False),
        ("https://[/", False),
        ("", False),
    ],
)
def test_a_page_is_http_or_https(url: str, opens: bool) -> None:
    assert is_page(url) == opens
