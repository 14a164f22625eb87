"""What a page may send over SIP, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.web.sip_digest import Credentials, read_credentials
from cti.web.sip_messages import (
    BadSip,
    NotYours,
    Person,
    SipMessage,
    examine,
    parse,
    refusal_of,
    user_of,
    with_header,
)

ANNA = Person("1101", "asterisk", "of the page", "of the switch")

REGISTER = (
    "REGISTER sip:asterisk SIP/2.0\r\n"
    "Via: SIP/2.0/WS p2h.invalid;branch=z9hG4bK1\r\n"
    "Max-Forwards: 69\r\n"
    "To: <sip:1101@asterisk>\r\n"
    'From: "Anna" <sip:1101@asterisk>;tag=abc\r\n'
    "Call-ID: id1\r\n"
    "CSeq: 2 REGISTER\r\n"
    'Contact: <sip:1101@p2h.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:f8-1>";expires=120\r\n'
    "Expires: 120\r\n"
    "Allow: INVITE,ACK,CANCEL,BYE\r\n"
    "Supported: path,gruu,outbound\r\n"
    "User-Agent: cti\r\n"
    "Content-Length: 0\r\n\r\n"
)
INVITE = (
    REGISTER.replace("REGISTER sip:asterisk SIP", "INVITE sip:5000@asterisk SIP")
    .replace("2 REGISTER", "2 INVITE")
    .replace("To: <sip:1101@", "To: <sip:5000@")
)
RINGING = (
    "SIP/2.0 180 Ringing\r\n"
    "Via: SIP/2.0/WS 127.0.0.1:8088;rport;branch=z9hG4bKPj;alias\r\n"
    "To: <sip:1101@p2h.invalid>;tag=xyz\r\n"
    'From: "13800138000" <sip:13800138000@127.0.0.1>;tag=def\r\n'
    "Call-ID: id2\r\n"
    "CSeq: 7 INVITE\r\n"
    "Contact: <sip:1101@p2h.invalid;transport=ws>\r\n"
    "Content-Length: 0\r\n\r\n"
)


def authorized(text: str, *, password: str = "of the page", **changes: str) -> str:
    method, target = text.split(" ")[:2]
    fields = {"username": "1101", "realm": "asterisk", "nonce": "n", "uri": target, "response": "", **changes}
    value = Credentials(**fields, nc="00000001", cnonce="c").header(method, password)
    return text.replace("User-Agent: cti", f"User-Agent: cti\r\nAuthorization: {value}")


@pytest.mark.parametrize("text", [REGISTER, INVITE, RINGING])
def test_what_a_phone_sends_passes(text: str) -> None:
    passed = examine(parse(text), ANNA)

    assert parse(passed.text()) == passed
    assert passed.text().startswith(text.split("\r\n")[0])


@pytest.mark.parametrize("text", [REGISTER, INVITE])
def test_the_pages_password_becomes_the_switchs(text: str) -> None:
    passed = examine(parse(authorized(text)), ANNA)

    proof = read_credentials(passed.get("Authorization"))
    assert proof.proves(passed.method, "of the switch")
    assert not proof.proves(passed.method, "of the page")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (authorized(REGISTER, password="of the switch"), "password"),
        (authorized(REGISTER, username="1102"), "credentials"),
        (authorized(REGISTER, realm="other"), "credentials"),
        (authorized(REGISTER, uri="sip:other"), "credentials"),
        (authorized(REGISTER).replace("qop=auth,", "qop=auth-int,"), "credentials"),
        (authorized(REGISTER).replace("Authorization: Digest", "Proxy-Authorization: Basic"), "credentials"),
        (REGISTER.replace("sip:1101@asterisk>;tag", "sip:1102@asterisk>;tag"), "from"),
        (REGISTER.replace("To: <sip:1101", "To: <sip:1102"), "from"),
        (REGISTER.replace("From: \"Anna\" <sip:1101@asterisk>", "From: sip:1101@asterisk"), "from"),
        (REGISTER.replace("From: \"Anna\" ", "From: \"a\" <sip:1101@x> "), "from"),
        (REGISTER.replace("From: \"Anna\" <sip:1101@", "From: <sip:11%301@"), "from"),
        (REGISTER.replace("Contact: <sip:1101@", "Contact: <sip:1102@"), "contact"),
        (REGISTER.replace(";+sip.ice", ", <sip:1102@x>"), "contact"),
        (INVITE.replace("Contact: <sip:1101@p2h.invalid;transport=ws>", "Contact: *"), "contact"),
        (INVITE.replace("sip:5000@asterisk SIP", "sip:50%2000@asterisk SIP"), "uri"),
        (INVITE.replace("sip:5000@asterisk SIP", "tel:5000 SIP"), "uri"),
        (INVITE.replace("sip:5000@asterisk SIP", "sip:asterisk SIP"), "uri"),
        (REGISTER.replace("REGISTER", "PUBLISH"), "method"),
        (REGISTER.replace("REGISTER", "MESSAGE"), "method"),
        (REGISTER.replace("REGISTER", "SUBSCRIBE"), "method"),
        (RINGING.replace("To: <sip:1101", "To: <sip:1102"), "to"),
        (RINGING.replace("Contact: <sip:1101", "Contact: <sip:1102"), "contact"),
        (INVITE.replace("INVITE", "REFER").replace("User-Agent: cti", "Refer-To: <http://evil>"), "refer_to"),
        (INVITE.replace("INVITE", "REFER").replace("User-Agent: cti", "Referred-By: <sip:1901@x>"), "referred_by"),
    ],
)  # fmt: skip
def test_what_is_not_the_persons_own_is_refused(text: str, why: str) -> None:
    with pytest.raises(NotYours) as refused:
        examine(parse(text), ANNA)
    assert refused.value.why == why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        REGISTER.replace("\r\n", "\n"),
        REGISTER.removesuffix("\r\n"),
        REGISTER.replace("SIP/2.0\r\nVia", "SIP/1.0\r\nVia"),
        REGISTER.replace("Call-ID: id1\r\n", ""),
        REGISTER.replace("User-Agent: cti", "From: <sip:1102@asterisk>;tag=abc"),
        REGISTER.replace("User-Agent: cti", "f: <sip:1102@asterisk>;tag=abc"),
        REGISTER.replace("User-Agent: cti", "m: <sip:1102@asterisk>"),
        REGISTER.replace("User-Agent: cti", "l: 5"),
        REGISTER.replace("User-Agent: cti", "User-Agent : cti"),
        REGISTER.replace("User-Agent: cti", "User-Agent: cti\r\n  folded"),
        REGISTER.replace("User-Agent: cti", "User-Agent: c\x00ti"),
        REGISTER.replace("User-Agent: cti", "User-Agent: c\rti"),
        REGISTER.replace('"Anna"', '"%0D%0AEvent: Hangup"'),
        REGISTER.replace('"Anna"', '"%0a"'),
        REGISTER.replace("sip:asterisk SIP", "sip:aster%00isk SIP"),
        REGISTER.replace("2 REGISTER", "2 INVITE"),
        REGISTER.replace("Content-Length: 0", "Content-Length: 4"),
        REGISTER + "INVITE sip:5000@asterisk SIP/2.0\r\n\r\n",
        INVITE.replace("Content-Length: 0\r\n\r\n", "Content-Type: text/html\r\nContent-Length: 4\r\n\r\n<b/>"),
        REGISTER.replace("User-Agent: cti", "User-Agent: " + "x" * 5_000),
        REGISTER.replace("User-Agent: cti\r\n", "Reason: x\r\n" * 100),
    ],
)
def test_what_could_be_read_in_two_ways_is_no_message(text: str) -> None:
    with pytest.raises(BadSip):
        parse(text)


def test_headers_that_nobody_needs_are_not_passed_on() -> None:
    text = INVITE.replace(
        "User-Agent: cti",
        "P-Asserted-Identity: <sip:1901@x>\r\nX-CTI-Mark: 0\r\nRoute: <sip:evil>\r\nDiversion: <sip:1@x>\r\nu: dialog",
    )
    passed = examine(parse(text), ANNA).text()

    assert all(name not in passed for name in ("P-Asserted", "X-CTI", "Route", "Diversion", "dialog"))


def test_credentials_where_none_are_asked_for_are_dropped() -> None:
    text = authorized(INVITE.replace("INVITE sip", "ACK sip").replace("2 INVITE", "2 ACK"), password="wrong")
    assert examine(parse(text), ANNA).get("Authorization") == ""


def test_hold_in_a_call_that_came_in_passes() -> None:
    """A re-INVITE goes to Asterisk's contact, which has no user, from the contact that Asterisk dialled."""
    hold = (
        INVITE.replace("sip:5000@asterisk SIP", "sip:127.0.0.1:8088;transport=ws SIP")
        .replace("To: <sip:5000@asterisk>", 'To: "王芳 <VIP>" <sip:13800138000@192.0.2.2>;tag=remote')
        .replace('From: "Anna" <sip:1101@asterisk>', "From: <sip:1101@p2h.invalid;transport=ws>")
    )
    assert examine(parse(hold), ANNA).uri == "sip:127.0.0.1:8088;transport=ws"


def test_a_transfer_with_replaces_passes() -> None:
    refer = INVITE.replace("INVITE", "REFER").replace(
        "User-Agent: cti",
        "Refer-To: <sip:1102@asterisk?Replaces=a%40b%3Bto-tag%3Dc%3Bfrom-tag%3Dd>\r\nReferred-By: <sip:1101@asterisk>",
    )
    assert "Replaces=a%40b" in examine(parse(refer), ANNA).text()


def test_leaving_by_a_star_is_for_registering_alone() -> None:
    text = REGISTER.replace(REGISTER[REGISTER.index("Contact") : REGISTER.index("Expires: 120")], "Contact: *\r\n")
    assert examine(parse(text), ANNA).get("Contact") == "*"


def test_a_call_begins_with_an_invite_that_has_no_tag_yet() -> None:
    assert parse(INVITE).opens_call
    assert not parse(INVITE.replace("To: <sip:5000@asterisk>", "To: <sip:5000@asterisk>;tag=z")).opens_call
    assert not parse(REGISTER).opens_call


def test_the_refusal_is_an_answer_to_that_request() -> None:
    refusal = parse(refusal_of(parse(INVITE), "ours", why="dial_abroad"))

    assert (refusal.status, refusal.answers, refusal.get("Call-ID")) == (403, "INVITE", "id1")
    assert refusal.get("Via") == parse(INVITE).get("Via")
    assert refusal.get("To").endswith(";tag=ours")


def test_a_header_is_put_into_an_answer_and_the_rest_stays() -> None:
    text = with_header(RINGING, "X-CTI-Call", "1795518556.0")
    assert text.replace("X-CTI-Call: 1795518556.0\r\n", "") == RINGING


def test_passwords_are_in_no_repr() -> None:
    assert "of the" not in repr(ANNA)


@given(st.text(alphabet=st.sampled_from('<>"\\;,:@?%sip1101 \t=*'), max_size=40))
def test_an_address_is_ours_in_one_way_only(address: str) -> None:
    if user_of(address) == "1101":
        assert address.count("<") == 1
        assert address[address.index("<") :].startswith(("<sip:1101@", "<sips:1101@"))


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    for candidate in (text, REGISTER.replace("cti", text), INVITE.replace("Anna", text)):
        try:
            message: SipMessage = examine(parse(candidate), ANNA)
        except (BadSip, NotYours):
            continue
        assert parse(message.text()) == message
        assert "\n" not in message.text().replace("\r\n", "")
