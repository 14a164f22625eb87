"""From the bytes of an AMI connection to its frames and headers; no I/O, no trust, no meaning.

Asterisk ends a header line with CR LF and a frame with an empty line. A caller can smuggle either into some values,
so nothing here is to be believed before trust.py has looked at it.
"""

import re
import unicodedata

import msgspec

_BANNER = b"Asterisk Call Manager/"
_GAP = b"\r\n\r\n"
_EDGES = b"\r\n"

# Every C0 control but CR and LF, and DEL: no value may carry one.
_CONTROLS = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\r\n")
_BREAK = re.compile(r"[\r\n]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class FrameTooLong(Exception):
    """The peer sent more than a frame may hold without ending it."""


class NotAsterisk(Exception):
    """The peer did not greet as an Asterisk Manager Interface does."""


class Malformed(Exception):
    """A frame that a genuine Asterisk does not write; *kind* is fit for a counter's label."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class FrameReader:
    """Cuts a stream into frames, however it was cut into reads.

    `banner` is the greeting once it has come, "" before that and in a stream that began without one. Work is linear
    in the bytes read: those of an unfinished frame are joined once, when it ends.
    """

    def __init__(self, *, limit: int = 16 * 2**20, greeted: bool = False) -> None:
        self.banner = ""
        self._limit = limit
        self._must_greet = greeted
        self._opened = False  # the first line was seen
        self._bare_lf = False  # its end was LF alone, so every line's is
        self._parts: list[bytes] = []
        self._held = 0
        self._tail = b""  # the last bytes of _parts: a gap may be split between two reads

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that *data* completes, without their empty line; raise FrameTooLong or NotAsterisk."""
        if not self._opened:
            data = self._open(data)
            if not self._opened:
                return []
        gap = b"\n\n" if self._bare_lf else _GAP
        if self._parts:
            if gap not in self._tail + data:
                self._hold(data)
                return []
            data = b"".join((*self._parts, data))
            self._parts.clear()
            self._held = 0
            self._tail = b""
        frames = data.split(gap)
        self._hold(frames.pop())
        if self._bare_lf:
            frames = [frame.strip(b"\n").replace(b"\n", b"\r\n") for frame in frames]
        # Some frames are followed by one empty line too many.
        return [frame.lstrip(_EDGES) if frame[0] in _EDGES else frame for frame in frames if frame]

    @property
    def rest(self) -> bytes:
        """The beginning, at least, of the frame that has not ended yet."""
        return self._parts[0].lstrip(_EDGES) if self._parts else b""

    def _hold(self, data: bytes) -> None:
        if not data:
            return
        self._held += len(data)
        if self._held > self._limit:
            raise FrameTooLong(f"more than {self._limit} bytes without an end of frame")
        self._parts.append(data)
        self._tail = data[-3:] if len(data) >= 3 else (self._tail + data)[-3:]

    def _open(self, data: bytes) -> bytes:
        """Take in the first line; return what follows the banner."""
        data = b"".join((*self._parts, data))
        self._parts.clear()
        self._held = 0
        self._tail = b""
        if self._must_greet and not data.startswith(_BANNER[: len(data)]):
            raise NotAsterisk("the peer did not greet as an Asterisk Manager Interface")
        end = data.find(b"\n")
        if end < 0:
            if self._must_greet and len(data) > 256:
                raise NotAsterisk("the greeting has no end")
            self._hold(data)
            return b""
        self._opened = True
        self._bare_lf = data[end - 1 : end] != b"\r"
        if data.startswith(_BANNER):
            self.banner = data[:end].rstrip(_EDGES).decode("utf-8", "replace")
            return data[end + 1 :]
        return data


class Message(msgspec.Struct, frozen=True):
    """A frame that answers one of our own requests: the last value of each header, and all of them in order."""

    headers: dict[str, str]
    values: dict[str, list[str]]

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)


def lines_of(frame: bytes) -> list[str]:
    """Return the lines of *frame*, without control characters.

    A bare CR or LF inside a line was smuggled into a value: the line ends there for us.
    """
    text = frame.translate(None, _CONTROLS).decode("utf-8", "replace")
    lines = text.split("\r\n")
    if frame.count(b"\n") >= len(lines) or frame.count(b"\r") >= len(lines):
        return [_BREAK.split(line, maxsplit=1)[0] for line in lines]
    return lines


def headers_of(lines: list[str]) -> dict[str, str]:
    """Return the headers by name but for the channel variables; raise Malformed if one stands there twice.

    A line that names a ChanVariable anywhere is left out. A caller can hide a header so, never add one.
    """
    pairs = [line.split(": ", 1) for line in lines if "ChanVariable" not in line]
    try:
        headers: dict[str, str] = dict(pairs)
    except ValueError:
        raise Malformed("no_header") from None
    if len(headers) != len(pairs):
        raise Malformed("header_twice")
    return headers


def message_of(frame: bytes) -> Message:
    """Return *frame*, repeated headers (ChanVariable, Output ...) as lists; lines that are none are skipped."""
    headers: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for line in lines_of(frame):
        name, colon, value = line.partition(":")
        if colon:
            value = value.removeprefix(" ")
            headers[name] = value
            values.setdefault(name, []).append(value)
    return Message(headers, values)


def variables_of(frame: bytes, prefix: str = "") -> dict[str, str]:
    """Return the channel variables that *frame* carries under *prefix* ("", "Dest", "Spyee" ...), as they were set."""
    start = f"{prefix}ChanVariable"
    found: dict[str, str] = {}
    for line in lines_of(frame):
        header, _, value = line.partition(": ")
        if header == start or (header.startswith(f"{start}(") and header.endswith(")")):
            name, _, text = value.partition("=")
            found[name] = shown(text)
    return found


def shown(text: str) -> str:
    """Return *text*, a name or a variable's value, with AMI's C escapes undone once and without control characters."""
    if "\\" in text:
        text = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)
    return plain(text)


def plain(text: str) -> str:
    """Return *text* without control characters, line separators and direction overrides."""
    if text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Zl", "Zp") and char not in _BIDI)
