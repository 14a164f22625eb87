"""Framing: whatever the reads, the frames are the same; and what a header may hold."""

import itertools
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ami.frames import (
    FrameReader,
    FrameTooLong,
    Malformed,
    NotAsterisk,
    headers_of,
    lines_of,
    message_of,
    shown,
    variables_of,
)

TRACES = Path(__file__).parents[2] / "traces"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
NAMED = "Event: Newchannel\r\nCallerIDName: 王小明 Müller 😀\r\nPriorCallID: ".encode()
STREAM = BANNER + b"Response: Success\r\nActionID: a\r\n\r\n" + NAMED + b"\r\n\r\n\r\nEvent: B\r\nX: 1\r\n\r\n"


def read(chunks: list[bytes]) -> list[bytes]:
    reader = FrameReader(greeted=True)
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_however_the_stream_is_cut_the_frames_are_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[a:b] for a, b in itertools.pairwise(edges)]) == read([STREAM])


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_character_split_between_two_reads_survives(cut: int) -> None:
    frames = read([STREAM[:cut], STREAM[cut:]])
    assert len(frames) == 3
    assert lines_of(frames[1])[1] == "CallerIDName: 王小明 Müller 😀"


def test_one_byte_at_a_time() -> None:
    assert read([bytes([byte]) for byte in STREAM]) == read([STREAM])


@pytest.mark.parametrize("release", ["5.0.6", "7.0.3", "9.0.0", "11.0.0"])  # of Asterisk 18, 20, 22
def test_banners_of_every_release(release: str) -> None:
    reader = FrameReader(greeted=True)
    assert reader.feed(f"Asterisk Call Manager/{release}\r\n".encode()) == []
    assert reader.banner == f"Asterisk Call Manager/{release}"


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01"])
def test_another_service_on_the_port_is_noticed(greeting: bytes) -> None:
    with pytest.raises(NotAsterisk):
        FrameReader(greeted=True).feed(greeting)


def test_a_stream_that_ends_lines_with_lf_alone() -> None:
    stream = STREAM.replace(b"\r\n", b"\n")
    assert [lines_of(frame) for frame in read([stream])] == [lines_of(frame) for frame in read([STREAM])]
    assert [lines_of(f) for f in read([stream[:37], stream[37:]])] == [lines_of(f) for f in read([STREAM])]


def test_an_empty_line_too_many_is_nothing() -> None:
    assert read([BANNER + b"Event: A\r\n\r\n\r\nEvent: B\r\n\r\n\r\n\r\nEvent: C\r\n\r\n"]) == [
        b"Event: A",
        b"Event: B",
        b"Event: C",
    ]


def test_the_beginning_of_the_next_frame_is_known() -> None:
    reader = FrameReader()
    reader.feed(BANNER + b"Event: A\r\n\r\n\r\nEvent: B\r\nX")
    assert reader.rest == b"Event: B\r\nX"


def test_the_last_header_may_be_empty() -> None:
    assert headers_of(lines_of(read([STREAM])[1]))["PriorCallID"] == ""


def test_invalid_utf8_becomes_a_replacement_character() -> None:
    assert lines_of(b"CallerIDName: \xc0\xee\xcb\xc4")[0].startswith("CallerIDName: \ufffd")


def test_a_header_of_a_megabyte() -> None:
    value = "x" * 1_000_000
    stream = BANNER + f"Response: Success\r\nOutput: {value}\r\n\r\n".encode()
    frames = read([stream[i : i + 1460] for i in range(0, len(stream), 1460)])
    assert message_of(frames[0]).get("Output") == value


def test_work_is_linear_in_what_arrives() -> None:
    def seconds(size: int) -> float:
        stream = BANNER + b"Event: A\r\nX: " + b"y" * size + b"\r\n\r\n"
        chunks = [stream[i : i + 1460] for i in range(0, len(stream), 1460)]
        best = 1e9
        for _ in range(3):
            began = time.process_time()
            assert len(read(chunks)) == 1
            best = min(best, time.process_time() - began)
        return best

    # 16 times the bytes would be 256 times the work if each read looked at all before it.
    assert seconds(8_000_000) < 80 * max(seconds(500_000), 1e-4)


def test_a_frame_without_end_is_cut_off() -> None:
    reader = FrameReader(limit=10_000)
    reader.feed(BANNER)
    reader.feed(b"x" * 9_999)
    with pytest.raises(FrameTooLong):
        reader.feed(b"xx")


def test_repeated_headers_are_lists() -> None:
    answer = message_of(
        b"Response: Success\r\nMessage: Command output follows\r\nOutput: one\r\nOutput: \r\nOutput: a: b"
    )
    assert answer.values["Output"] == ["one", "", "a: b"]
    assert answer.get("Message") == "Command output follows"


def test_channel_variables_by_channel() -> None:
    frame = b"\r\n".join(
        [
            b"Event: AgentCalled",
            b'ChanVariable: CTI_CALL=a\\"b=c',
            b"ChanVariable: AMDSTATUS=",
            b"DestChanVariable: CTI_CALL=dest",
            b"SpyeeChanVariable: CTI_CALL=spyee",
            b"ChanVariable(PJSIP/1001-00000001): X=y",
        ]
    )
    assert variables_of(frame) == {"CTI_CALL": 'a"b=c', "AMDSTATUS": "", "X": "y"}
    assert variables_of(frame, "Dest") == {"CTI_CALL": "dest"}
    assert variables_of(frame, "Spyee") == {"CTI_CALL": "spyee"}


def test_a_header_that_stands_twice_is_refused() -> None:
    with pytest.raises(Malformed) as fault:
        headers_of(["Event: Hangup", "Uniqueid: a", "Uniqueid: b"])
    assert fault.value.kind == "header_twice"
    with pytest.raises(Malformed):
        headers_of(["Event: Hangup", "no header at all"])


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (r"O\'Brien", "O'Brien"),
        (r"\"quoted\" \\ slash", '"quoted" \\ slash'),
        (r"C:\\new", r"C:\new"),  # undone once, not twice
        (r"two\r\nlines\ttab\a", "twolinestab"),
        ("left\u202eright\u2028", "leftright"),
        ("王小明\u3000😀👨‍👩‍👧", "王小明\u3000😀👨‍👩‍👧"),
        ("<img src=x onerror=alert(1)>=cmd|\\'/c calc\\'!A1", "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1"),
        ("trailing\\", "trailing\\"),
        ("\x85\x9b31m", "31m"),
    ],
)
def test_names_as_people_see_them(wire: str, text: str) -> None:
    assert shown(wire) == text


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    reader = FrameReader()
    for frame in reader.feed(data + b"\r\n\r\n"):
        lines = lines_of(frame)
        message_of(frame)
        assert not any(char in line for line in lines for char in "\r\n\0\x1b")
        try:
            headers_of(lines)
        except Malformed:
            continue


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_every_trace_in_small_reads(trace: Path) -> None:
    data = trace.read_bytes()
    assert read([data[i : i + 7] for i in range(0, len(data), 7)]) == read([data])
