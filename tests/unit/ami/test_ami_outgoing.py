"""Nothing that is sent can become a second header or a second action."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ami.outgoing import UnsafeAction, encode
from cti.ports import SwitchError


def test_an_action_on_the_wire() -> None:
    fields = [("Channel", "PJSIP/1001"), ("Variable", "A=1"), ("Variable", "B=王")]
    assert encode("Originate", "id-1", fields) == (
        "Action: Originate\r\nActionID: id-1\r\nChannel: PJSIP/1001\r\nVariable: A=1\r\nVariable: B=王\r\n\r\n".encode()
    )


@pytest.mark.parametrize("poison", ["\r\n\r\nAction: Command", "\n", "\r", "a\0b", "x\r\nVariable: y=z"])
def test_line_breaks_and_nul_are_refused_everywhere(poison: str) -> None:
    for action, action_id, fields in (
        (poison, "i", []),
        ("Ping", poison, []),
        ("Ping", "i", [("CallerID", poison)]),
        ("Ping", "i", [(poison, "v")]),
    ):
        with pytest.raises(UnsafeAction) as refused:
            encode(action, action_id, fields)
        assert "Command" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "A:B", "A B", "Ünicode", "actionid", "ACTION"])
def test_names_of_headers_are_few(name: str) -> None:
    with pytest.raises(SwitchError):
        encode("Ping", "i", [(name, "v")])


def test_the_longest_line_and_the_most_headers() -> None:
    longest = "é" * ((1022 - len("Data: ")) // 2)
    assert encode("Ping", "i", [("Data", longest)])
    with pytest.raises(UnsafeAction):
        encode("Ping", "i", [("Data", longest + "x")])
    assert encode("Ping", "i", [("Variable", "a=b")] * 126)
    with pytest.raises(UnsafeAction):
        encode("Ping", "i", [("Variable", "a=b")] * 127)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnsafeAction):
        encode("Ping", "i", [("Data", "\ud800")])


@given(st.text(max_size=30), st.text(max_size=60))
def test_any_text_is_one_header_or_refused(name: str, value: str) -> None:
    try:
        data = encode("Ping", "i", [(name, value)])
    except UnsafeAction:
        return
    assert data.split(b"\r\n") == [b"Action: Ping", b"ActionID: i", f"{name}: {value}".encode(), b"", b""]
    assert data.count(b"\n") == 4
    assert data.count(b"\r") == 4
