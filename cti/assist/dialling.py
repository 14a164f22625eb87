"""What may be dialled from a screen: a rule about numbers, see [dialling]. Without settings nothing is open to fraud.

What a library reads in a number and what the switch will dial can differ: a prefix too much, a dash, a carrier's code.
So a number counts as what it was read as only when it is spelled in one of the ways in which that is dialled.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType, ValidationResult, shortnumberinfo

from cti.assist.numbers import EXTENSION_DIGITS

Kind = Literal["emergency", "extension", "code", "national", "international", "premium", "unknown"]
Refusal = Literal["dial_number", "dial_code", "dial_national", "dial_abroad", "dial_premium", "dial_barred"]

Prefix = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9*#]{1,20}$")]
_Kinds = tuple[Literal["extension", "code", "national", "international", "premium"], ...]
_Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,3}$")]
_AT_WORK: _Kinds = ("extension", "national")

_GAPS = re.compile(r"[\s().·/\u200e\u200f\u202a-\u202e\u2066-\u2069-]")
_DIALABLE = re.compile(r"\+?[0-9*#]{2,31}")
_POSSIBLE = (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
_PREMIUM_ABROAD = 979  # the country code of international premium numbers

SENTENCES: dict[Refusal, str] = {
    "dial_number": "this number cannot be dialled: check its digits; one abroad begins with + and its country",
    "dial_code": "codes with * and # are not dialled from the screen: use the phone's keys, or ask an administrator",
    "dial_national": "your role calls colleagues only: ask an administrator to let it call outside",
    "dial_abroad": "calls to that country are not open: ask an administrator to add it to [dialling]",
    "dial_premium": "numbers that cost extra are not dialled from here: ask your team lead",
    "dial_barred": "this number is barred here: ask your team lead",
}


class Dialling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[dialling]: what may be dialled from screens, by role. Emergency numbers always may.

    Prefixes are written as E.164 ("+8610"), those of codes and short numbers as they are dialled ("*97").
    """

    agent: _Kinds = _AT_WORK
    lead: _Kinds = _AT_WORK
    supervisor: _Kinds = _AT_WORK
    inspector: _Kinds = ("extension",)
    admin: _Kinds = ("extension",)
    countries: tuple[Prefix, ...] = ()  # open to every role that calls nationally: "+852"
    allowed: tuple[Prefix, ...] = ()  # whatever kind of number it is, to every role that calls nationally
    barred: tuple[Prefix, ...] = ()  # to everybody; wins over all but emergencies
    outside_line: _Digits = ""  # what the switch wants before a number, and does not send on


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a number is for this centre."""

    kind: Kind
    e164: str = ""  # "" for what has none


def dialable(typed: str) -> str:
    """Return *typed* as it is dialled, without gaps and in plain digits; "" when it is no number."""
    bare = _GAPS.sub("", unicodedata.normalize("NFKC", typed))
    return bare if bare.isascii() and _DIALABLE.fullmatch(bare) else ""


@lru_cache(maxsize=4_096)
def reading_of(number: str, region: str) -> Reading:
    """Return what *number*, as it is dialled in *region* ("CN"), reaches."""
    if not _DIALABLE.fullmatch(number):
        return Reading("unknown")
    if "*" in number or "#" in number:
        return Reading("code")
    if shortnumberinfo.is_emergency_number(number, region):
        return Reading("emergency")
    if not number.startswith("+") and len(number) <= EXTENSION_DIGITS:
        return Reading("extension")
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return Reading("unknown")
    if phonenumbers.is_possible_number_with_reason(parsed) not in _POSSIBLE or not _is_spelled(number, parsed, region):
        return Reading("unknown")
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.number_type(parsed) == PhoneNumberType.PREMIUM_RATE or parsed.country_code == _PREMIUM_ABROAD:
        return Reading("premium", e164)
    at_home = parsed.country_code == phonenumbers.country_code_for_region(region)
    return Reading("national" if at_home else "international", e164)


class DialRule:
    """The rule for one centre."""

    def __init__(self, settings: Dialling | None = None, *, region: str) -> None:
        self._settings = settings or Dialling()
        self._region = region

    def refusal(self, typed: str, role: str) -> Refusal | None:
        """Return why somebody with *role* may not dial *typed*, None when they may."""
        settings, number = self._settings, dialable(typed)
        kinds: _Kinds = getattr(settings, role, ())
        reading = self._read(number)
        if reading.kind == "emergency":
            return None
        if _begins(number, reading, settings.barred):
            return "dial_barred"
        if reading.kind in kinds or ("national" in kinds and _begins(number, reading, settings.allowed)):
            return None
        match reading.kind:
            case "international":
                is_open = "national" in kinds and _begins(number, reading, settings.countries)
                return None if is_open else "dial_abroad"
            case "premium":
                return "dial_premium"
            case "code":
                return "dial_code"
            case "national":
                return "dial_national"
            case "extension":
                return "dial_barred"
            case _:
                return "dial_number"

    def _read(self, number: str) -> Reading:
        """Read *number*; behind the digits for an outside line, what the network will get."""
        outside = self._settings.outside_line
        first = reading_of(number, self._region)
        if outside and number.startswith(outside) and first.kind not in ("emergency", "extension"):
            return reading_of(number.removeprefix(outside), self._region)
        return first


def _begins(number: str, reading: Reading, prefixes: tuple[str, ...]) -> bool:
    return any((reading.e164 if prefix.startswith("+") else number).startswith(prefix) for prefix in prefixes)


def _is_spelled(number: str, parsed: phonenumbers.PhoneNumber, region: str) -> bool:
    """Whether *number* is nothing but what *parsed* is, in one of the ways in which it is dialled from *region*."""
    home, significant = PhoneMetadata.metadata_for_region(region), phonenumbers.national_significant_number(parsed)
    abroad = f"{parsed.country_code}{significant}"
    if number.startswith("+") or home is None:
        return number == f"+{abroad}"
    ways = [re.escape(abroad) if not home.international_prefix else f"(?:{home.international_prefix}){abroad}"]
    if parsed.country_code == home.country_code:
        ways += [significant, f"{home.national_prefix or ''}{significant}"]
    return any(re.fullmatch(way, number) for way in ways)
