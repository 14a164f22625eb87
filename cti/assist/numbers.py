"""Telephone numbers: what a network or a person wrote, as E.164 for looking up and as people write it."""

import re
from functools import lru_cache
from typing import Literal

import msgspec
import phonenumbers

LONGEST = 64  # characters; what is longer is no number
EXTENSION_DIGITS = 5  # a bare number with no more digits is one of the centre's own, or a short service number
SURE_DIGITS = 9  # a national number with as many is not a local one that lacks its area code

_GAPS = str.maketrans("", "", " -")
_CN_MOBILE = re.compile(r"(?:\+86)?(1[3-9][0-9]{9})")

_HIDDEN = frozenset(
    {
        "",
        "anonymous",
        "hidden",
        "private",
        "restricted",
        "unavailable",
        "unknown",
        "withheld",
        "<unknown>",
        "s",
        "asterisk",
    }
)


class Number(msgspec.Struct, frozen=True):
    """What a number is. *e164* is set for kind "e164" and "" for the others."""

    kind: Literal["e164", "extension", "hidden", "unparsable"]
    raw: str
    e164: str = ""


@lru_cache(maxsize=16_384)
def read(raw: str, region: str) -> Number:
    """Return what *raw* is for a centre in *region* ("CN", "IT").

    A number counts when its length is possible: ranges are given out faster than lists of them are kept. A short one
    without country code must be in a range that is known, else it may lack its area code.
    """
    if region == "CN" and (mobile := _CN_MOBILE.fullmatch(raw.translate(_GAPS))):
        return Number("e164", raw, f"+86{mobile[1]}")  # what the rest comes to, a tenth of the time
    text = _bare(raw)
    if text.lower() in _HIDDEN:
        return Number("hidden", raw)
    if len(text) > LONGEST:
        return Number("unparsable", raw)
    if text.isascii() and text.isdigit() and len(text) <= EXTENSION_DIGITS:
        return Number("extension", raw)
    try:
        parsed = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return Number("unparsable", raw)
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return Number("unparsable", raw)
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    national = len(str(parsed.national_number))
    if not text.startswith("+") and national < SURE_DIGITS and not phonenumbers.is_valid_number(parsed):
        return Number("unparsable", raw)
    return Number("e164", raw, e164)


def normalise(raw: str, region: str) -> str | None:
    """Return *raw* as E.164, or None when it is hidden, an extension or no number."""
    return read(raw, region).e164 or None


def shown(number: str, region: str) -> str:
    """Return the E.164 *number* as people in *region* write it: "138 0013 8000", "+39 06 1234 5678".

    Other text comes back as it is.
    """
    if not number.startswith("+") or len(number) > LONGEST:
        return number
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    at_home = phonenumbers.country_code_for_region(region) == parsed.country_code
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def is_e164(text: str) -> bool:
    """Return whether *text* is written as E.164: a plus and up to 15 digits."""
    return 3 <= len(text) <= 16 and text[0] == "+" and text[1] != "0" and text[1:].isascii() and text[1:].isdigit()


def _bare(raw: str) -> str:
    """Return *raw* without what surrounds a number in an address such as sip:+39061234@host;user=phone."""
    text = raw.strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"sip", "sips", "tel"}:
        text = rest.partition(";")[0]
    return text.partition("@")[0].strip()
