"""What kind of file it is, from what is in it: a workbook, or text in one of the encodings that offices write."""

import codecs
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

_CHUNK = 1 << 20
MOST_BYTES = 4 << 30


class BadFile(Exception):
    """The file can be imported in no way; the text is for who chose it."""


class FileKind(msgspec.Struct, frozen=True):
    kind: Literal["csv", "xlsx"]
    digest: str  # SHA-256 of what is in it
    lines: int  # about so many; 0 for a workbook
    encoding: str = ""


def examine(path: Path, *, encoding: str = "", advance: Callable[[int], None] | None = None) -> FileKind:
    """Read the whole of *path* once and return what it is, or raise BadFile. *advance* is told of each read's bytes."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadFile(f"{path.name} has more than {MOST_BYTES >> 30} GB: split it")
        with path.open("rb") as file:
            head = file.read(_CHUNK)
            kind = _kind_of(head, path.name)
            decoder = _Decoders("" if kind == "xlsx" else encoding or _by_head(head))
            digest, lines, chunk = hashlib.sha256(), 0, head
            while chunk:
                digest.update(chunk)
                if kind == "csv":
                    lines += chunk.count(b"\n")
                    decoder.feed(chunk)
                if advance:
                    advance(len(chunk))
                chunk = file.read(_CHUNK)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None
    if kind == "xlsx":
        return FileKind(kind, digest.hexdigest(), 0)
    return FileKind(kind, digest.hexdigest(), lines, decoder.best())


def _kind_of(head: bytes, name: str) -> Literal["csv", "xlsx"]:
    if not head.strip():
        raise BadFile(f"{name} is empty")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(f"{name} is an old .xls workbook, or one with a password: save it as .xlsx or CSV")
    if head.startswith((b"%PDF", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x89PNG", b"\xff\xd8\xff")):
        raise BadFile(f"{name} is no table: save it as .xlsx or CSV")
    return "csv"


def _by_head(head: bytes) -> str:
    """Return the encoding that the first bytes give away, "" when they do not."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:4096]
    if b"\0" not in sample:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 10 < len(sample) or min(even, odd) * 10 > max(even, odd):
        raise BadFile("this is no text: save the table as .xlsx or CSV")
    return "utf-16-be" if even > odd else "utf-16-le"


class _Decoders:
    """Tries UTF-8 and GB18030 side by side, and counts what each cannot read."""

    def __init__(self, known: str) -> None:
        try:
            names = [codecs.lookup(known).name] if known else ["utf-8", "gb18030"]
        except LookupError:
            raise BadFile(f"there is no encoding {known!r}") from None
        self._known = known
        self._broken = dict.fromkeys(names, 0)
        self._decoders = {} if known else {name: codecs.getincrementaldecoder(name)("replace") for name in names}

    def feed(self, chunk: bytes) -> None:
        for name, decoder in list(self._decoders.items()):
            if chunk.isascii():
                break
            self._broken[name] += decoder.decode(chunk).count("\ufffd")
            if self._broken[name] > 100_000:
                del self._decoders[name]

    def best(self) -> str:
        """Return the encoding with the fewest broken characters: UTF-8 where they are equal."""
        return self._known or min(self._broken, key=lambda name: self._broken[name])
