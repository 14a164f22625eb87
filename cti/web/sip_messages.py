"""SIP messages as a relay must understand them: taken apart strictly, held to whose they may be, put together again.

What a page sends is not passed on as it came: it is parsed, and what was understood is written anew. So a message that
two parsers would read differently never leaves.
"""

import re
from collections.abc import Iterable

import msgspec

from cti.web.sip_digest import BadCredentials, read_credentials

LARGEST_MESSAGE = 64 * 1024
_MOST_HEADERS = 64
_LONGEST_LINE = 4_096

# Whatever is not named here is not passed on. A header of one letter is the short form of another.
_HEADERS = {
    name.lower(): name
    for name in (
        "Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Expires", "Min-Expires", "Allow",
        "Supported", "Unsupported", "Require", "User-Agent", "Server", "Date", "Content-Type", "Content-Length",
        "Authorization", "Proxy-Authorization", "Session-Expires", "Min-SE", "Refer-To", "Referred-By", "Refer-Sub",
        "Replaces", "Event", "Subscription-State", "Reason", "RSeq", "RAck", "Accept", "Warning", "Retry-After",
    )
}  # fmt: skip
_SHORT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "k": "supported", "c": "content-type",
    "l": "content-length", "x": "session-expires", "r": "refer-to", "b": "referred-by", "o": "event",
}  # fmt: skip
_MANY = frozenset(("Via", "Allow", "Supported", "Require", "Accept", "Reason", "Warning"))
_CREDENTIALS = ("Authorization", "Proxy-Authorization")
_METHODS = frozenset(
    ("REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY")
)
_UNCHALLENGED = frozenset(("ACK", "CANCEL"))
_BODIES = frozenset(("application/sdp", "application/dtmf-relay", "application/dtmf", "message/sipfrag"))

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPED_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)  # Asterisk decodes it, AMI would print it raw
_REQUEST = re.compile(r"([A-Z]{3,10}) ([!-~]{1,512}) SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) (.*)")
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]{0,40}): *(.*?) *")
_ADDRESS = re.compile(
    r'(?:"(?:[^"\\]|\\.)*" *|[\w.!%*+~ -]*)<([!-;=?-~]{1,512})>((?:;[\w.!%*+~-]+(?:=(?:"[^"]*"|[\w.!%*+~:@-]+))?)*)'
)
_URI = re.compile(
    r"sips?:(?:([A-Za-z0-9+*#_.~-]|%23){1,64}@)?[A-Za-z0-9.\[\]:-]{1,255}(?:;[\w.!%*+~:-]+(?:=[\w.!%*+~:-]+)?)*"
)
_CSEQ = re.compile(r"([0-9]{1,10}) ([A-Z]{3,10})")
_NUMBER = re.compile(r"[0-9+*#%]")
_TAG = re.compile(r";tag=", re.IGNORECASE)


class BadSip(Exception):
    """This is no SIP message that a phone of ours sends; the text says why and holds nothing of it."""


class NotYours(Exception):
    """A well-formed message that this person may not send; *why* is one of a few words, for counting."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class SipMessage(msgspec.Struct, frozen=True):
    """A request when it has a *method*, else a response. Header names are whole and in their usual form."""

    start: str
    method: str
    uri: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def get(self, name: str) -> str:
        """Return the first header of that name, "" when there is none."""
        return next((value for header, value in self.headers if header == name), "")

    @property
    def answers(self) -> str:
        """The method in CSeq: of a response, what it answers."""
        found = _CSEQ.fullmatch(self.get("CSeq"))
        return found[2] if found else ""

    @property
    def opens_call(self) -> bool:
        """Whether it is an INVITE outside of a dialogue."""
        return self.method == "INVITE" and not _TAG.search(self.get("To"))

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> "SipMessage":
        return msgspec.structs.replace(self, headers=tuple(headers))

    def text(self) -> str:
        """Return it as it is sent."""
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers if name != "Content-Length")]
        return "\r\n".join((*lines, f"Content-Length: {len(self.body.encode())}", "", self.body))


class Person(msgspec.Struct, frozen=True):
    """Whose page it is: the extension, and the passwords that the page and the switch know for it."""

    extension: str
    realm: str
    page_password: str
    switch_password: str

    def __repr__(self) -> str:
        """Never a password: a repr ends up in logs."""
        return f"Person({self.extension})"


def parse(text: str) -> SipMessage:
    """Return the message, without the headers that are not passed on, or raise BadSip."""
    head, end, body = text.partition("\r\n\r\n")
    if not end:
        raise BadSip("no empty line")
    start, *lines = head.split("\r\n")
    if len(lines) > _MOST_HEADERS:
        raise BadSip("too many headers")
    for line in (start, *lines):
        if len(line) > _LONGEST_LINE or _CONTROL.search(line) or _ESCAPED_CONTROL.search(line):
            raise BadSip("a line is too long or holds control characters")
    request, response = _REQUEST.fullmatch(start), _RESPONSE.fullmatch(start)
    if request is None and response is None:
        raise BadSip("the first line is neither of a request nor of a response")
    headers = tuple(_headers(lines))
    message = SipMessage(
        start,
        method=request[1] if request else "",
        uri=request[2] if request else "",
        status=int(response[1]) if response else 0,
        headers=headers,
        body=body,
    )
    _check(message)
    return message


def examine(message: SipMessage, person: Person) -> SipMessage:
    """Return what of *person*'s message may go on to the switch, with the switch's password in it; else raise NotYours.

    From (To in a response), Contact and the user name of the credentials must be the person's own extension.
    """
    own = person.extension
    if message.method:
        if message.method not in _METHODS:
            raise NotYours("method")
        if user_of(message.get("From")) != own or (message.method == "REGISTER" and user_of(message.get("To")) != own):
            raise NotYours("from")
        if not _URI.fullmatch(message.uri):
            raise NotYours("uri")
        if message.opens_call and "@" not in message.uri:
            raise NotYours("uri")
    elif user_of(message.get("To")) != own:
        raise NotYours("to")
    contact = message.get("Contact")
    if contact and user_of(contact) != own and not (contact == "*" and message.method == "REGISTER"):
        raise NotYours("contact")
    if (by := message.get("Referred-By")) and user_of(by) != own:
        raise NotYours("referred_by")
    if (to := message.get("Refer-To")) and not user_of(to):
        raise NotYours("refer_to")
    return _with_switch_password(message, person)


def numbers_called(message: SipMessage) -> Iterable[str]:
    """Return what an examined message asks the switch to dial: by INVITE, or by REFER for the other side of a call.

    A call in progress is addressed at the switch and not at a number; what looks like one is returned all the same.
    """
    called = []
    if message.method == "INVITE":
        user = _user_in(message.uri)
        if message.opens_call or _NUMBER.match(user):
            called.append(user)
    if refer_to := message.get("Refer-To"):
        called.append(user_of(refer_to))
    return [number.replace("%23", "#") for number in called]


def refusal_of(message: SipMessage, tag: str, *, why: str) -> str:
    """Return the 403 that the relay itself gives to a request; *why* is for the page to show."""
    copied = [(name, value) for name, value in message.headers if name in ("Via", "From", "Call-ID", "CSeq")]
    to = message.get("To")
    copied.append(("To", to if _TAG.search(to) else f"{to};tag={tag}"))
    copied.append(("X-CTI-Refused", why))
    return SipMessage("SIP/2.0 403 Refused by the service", "", "", 403, tuple(copied), "").text()


def user_of(address: str) -> str:
    """Return the user in `"name" <sip:user@host>;...`, "" when there is none or it is written in an odd way."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return ""
    uri, _, _ = found[1].partition("?")  # Refer-To carries headers
    return _user_in(uri) if _URI.fullmatch(uri) else ""


def with_header(text: str, name: str, value: str) -> str:
    """Return a message of the switch with one more header, the rest as it came."""
    start, _, rest = text.partition("\r\n")
    return f"{start}\r\n{name}: {value}\r\n{rest}"


def _user_in(uri: str) -> str:
    _, _, rest = uri.partition(":")
    user, at, _ = rest.partition("@")
    return user if at else ""


def _headers(lines: list[str]) -> Iterable[tuple[str, str]]:
    seen = set()
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise BadSip("a header is broken")
        small = found[1].lower()
        name = _HEADERS.get(_SHORT.get(small, small))
        if name is None:
            continue
        if name in seen and name not in _MANY:
            raise BadSip(f"{name} stands twice")
        seen.add(name)
        yield name, found[2]


def _check(message: SipMessage) -> None:
    """Look for what every message has."""
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        if not message.get(name):
            raise BadSip(f"no {name}")
    if not message.answers or (message.method and message.answers != message.method):
        raise BadSip("CSeq names another method")
    length = message.get("Content-Length")
    if length and length != str(len(message.body.encode())):
        raise BadSip("Content-Length is not that of the body")
    kind = message.get("Content-Type").partition(";")[0].strip().lower()
    if message.body and kind not in _BODIES:
        raise BadSip("a body of that type is not for phones")


def _with_switch_password(message: SipMessage, person: Person) -> SipMessage:
    headers = []
    for name, value in message.headers:
        if name not in _CREDENTIALS:
            headers.append((name, value))
        elif message.method and message.method not in _UNCHALLENGED:
            headers.append((name, _replaced(value, message, person)))
    return message.with_headers(headers)


def _replaced(value: str, message: SipMessage, person: Person) -> str:
    try:
        given = read_credentials(value)
    except BadCredentials:
        raise NotYours("credentials") from None
    if given.username != person.extension or given.realm != person.realm or given.uri != message.uri:
        raise NotYours("credentials")
    if not given.proves(message.method, person.page_password):
        raise NotYours("password")
    return given.header(message.method, person.switch_password)
