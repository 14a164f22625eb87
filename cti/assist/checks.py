"""Numbers that carry their own proof: whether what somebody dictated can be right, and where it is not.

A check gets the text as typed and answers None, or what is wrong as a code with the position of the character, where
one can be named. Spaces and hyphens count for nothing. The sentences for people are in cti/assist/texts.py.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

import msgspec


class Wrong(msgspec.Struct, frozen=True):
    code: str
    at: int | None = None  # counted from 0 in the text as it was typed


class Check(msgspec.Struct, frozen=True):
    """A check by name: what is wrong with a text, how a right one is kept, and the coarse form for a browser."""

    wrong: Callable[[str], Wrong | None]
    tidy: Callable[[str], str]
    pattern: str


class Identity(msgspec.Struct, frozen=True):
    """What a resident ID number says of its holder."""

    born: date
    sex: Literal["male", "female"]
    province: str  # the first two digits


_GAPS = " -\t\u3000"

# GB/T 2260: provinces, autonomous regions, municipalities; 71, 81 and 82 are Taiwan, Hong Kong and Macau, 83 is on
# residence permits of people from Taiwan.
_NORTH, _EAST, _SOUTH, _WEST = "11 12 13 14 15 21 22 23", "31 32 33 34 35 36 37", "41 42 43 44 45 46", "50 51 52 53 54"
PROVINCES = frozenset(f"{_NORTH} {_EAST} {_SOUTH} {_WEST} 61 62 63 64 65 71 81 82 83".split())
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"

_CREDIT_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_ATOM = r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"


def cn_id(text: str, *, today: date | None = None) -> Wrong | None:
    """Return what is wrong with a Chinese resident ID number.

    GB 11643-1999: six digits of region, eight of the birth date, three of sequence (odd for men), one check character
    by ISO 7064 MOD 11-2: the sum of digit times 2^(17 - i) mod 11 over the first 17, i counted from 0, looked up in
    "10X98765432". The old form has 15 digits: a year of two digits (19xx), and no check character.
    With *today* a birth date to come is wrong too.
    """
    chars, places = _kept(text)
    for index, char in enumerate(chars):
        if not (_is_digit(char) or (char in "Xx" and index == 17)):
            return Wrong("characters", places[index])
    if len(chars) not in (15, 18):
        return Wrong("length")
    if chars[:2] not in PROVINCES:
        return Wrong("region", places[0])
    born = _born(chars)
    if born is None or (today is not None and born > today):
        return Wrong("birth_date", places[6])
    if len(chars) == 18 and _id_check(chars) != chars[17].upper():
        return Wrong("checksum", places[17])
    return None


def identity_of(text: str) -> Identity | None:
    """Return what a right ID number says, None for a wrong one."""
    chars, _ = _kept(text)
    if cn_id(text) is not None:
        return None
    born = _born(chars)
    assert born is not None  # the check has seen it
    sequence = chars[14] if len(chars) == 15 else chars[16]
    return Identity(born, "male" if int(sequence) % 2 else "female", chars[:2])


def longer_id(text: str) -> str:
    """Return a right ID number with 18 characters; one of the old form gets its century and check character."""
    chars, _ = _kept(text)
    if len(chars) == 15:
        chars = f"{chars[:6]}19{chars[6:]}"
        chars += _id_check(chars)
    return chars.upper()


def cn_mobile(text: str) -> Wrong | None:
    """Return what is wrong with a mobile number of mainland China.

    Eleven digits from 13 to 19 (the numbering plan of MIIT, 2017 and its supplements), with or without +86 or 0086.
    Ranges within are given out faster than lists of them are kept, so none is refused.
    """
    chars, places = _kept(text)
    start = next((len(code) for code in ("+86", "0086") if chars.startswith(code)), 0)
    number, places = chars[start:], places[start:]
    for index, char in enumerate(number):
        if not _is_digit(char):
            return Wrong("characters", places[index])
    if len(number) != 11:
        return Wrong("length")
    if number[0] != "1" or number[1] not in "3456789":
        return Wrong("prefix", places[0])
    return None


def email(text: str) -> Wrong | None:
    """Return what is wrong with an e-mail address.

    The rule of browsers (HTML Standard, "valid e-mail address"), which leaves out the quoting and comments of RFC 5322
    on purpose, plus the lengths of RFC 5321 (64 before the @, 254 in all) and a dot in the domain.
    """
    start = len(text) - len(text.lstrip())
    bare = text.strip()
    local, at, domain = bare.rpartition("@")
    if not at:
        return Wrong("no_at")
    if len(bare) > 254 or len(local) > 64:
        return Wrong("length")
    found = re.match(_ATOM, local)
    if found is None or found.end() != len(local):
        return Wrong("characters", start + (found.end() if found else 0))
    labels = domain.split(".")
    if len(labels) < 2:
        return Wrong("domain", start + len(local) + 1)
    position = start + len(local) + 1
    for label in labels:
        if not re.fullmatch(_LABEL, label):
            return Wrong("domain", position)
        position += len(label) + 1
    return None


def credit_code(text: str) -> Wrong | None:
    """Return what is wrong with a unified social credit code.

    GB 32100-2015: 18 of 31 characters (digits and letters without I, O, S, V, Z); the third to the eighth are digits of
    the region; the last is (31 - sum of value times 3^i mod 31) mod 31 over the first 17, i counted from 0.
    """
    chars, places = _kept(text)
    chars = chars.upper()
    for index, char in enumerate(chars):
        if char not in _CREDIT_DIGITS:
            return Wrong("characters", places[index])
    if len(chars) != 18:
        return Wrong("length")
    for index in range(2, 8):
        if not _is_digit(chars[index]):
            return Wrong("region", places[index])
    total = sum(_CREDIT_DIGITS.index(char) * weight for char, weight in zip(chars, _CREDIT_WEIGHTS, strict=False))
    if _CREDIT_DIGITS[-total % 31] != chars[17]:
        return Wrong("checksum", places[17])
    return None


def bank_card(text: str) -> Wrong | None:
    """Return what is wrong with a card number.

    ISO/IEC 7812-1: up to 19 digits (12 are the shortest in use), the last by Luhn's formula: from the right, every
    second digit doubled and its digits added, the sum of all divisible by ten.
    """
    chars, places = _kept(text)
    for index, char in enumerate(chars):
        if not _is_digit(char):
            return Wrong("characters", places[index])
    if not 12 <= len(chars) <= 19:
        return Wrong("length")
    total = 0
    for index, char in enumerate(reversed(chars)):
        digit = int(char) * (2 if index % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return Wrong("checksum", places[-1]) if total % 10 else None


def _kept(text: str) -> tuple[str, list[int]]:
    """Return *text* without gaps, and where each character of the result stood."""
    places = [index for index, char in enumerate(text) if char not in _GAPS]
    return "".join(text[index] for index in places), places


def _is_digit(char: str) -> bool:
    return "0" <= char <= "9"


def _born(chars: str) -> date | None:
    digits = chars[6:14] if len(chars) == 18 else f"19{chars[6:12]}"
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if born.year >= 1850 else None


def _id_check(chars: str) -> str:
    return _ID_CHECKS[sum(int(char) * weight for char, weight in zip(chars, _ID_WEIGHTS, strict=False)) % 11]


def _without_gaps(text: str) -> str:
    return _kept(text)[0]


def _mobile_digits(text: str) -> str:
    return _kept(text)[0][-11:]


CHECKS: Mapping[str, Check] = {
    "cn_id": Check(cn_id, longer_id, r"^[ -]*(?:[0-9][ -]*){14}(?:[0-9][ -]*|(?:[0-9][ -]*){3}[0-9Xx][ -]*)$"),
    "cn_mobile": Check(cn_mobile, _mobile_digits, r"^[ -]*(?:(?:\+|00)86)?[ -]*1[ -]*[3-9][ -]*(?:[0-9][ -]*){9}$"),
    "email": Check(email, str.strip, rf"^\s*{_ATOM}@{_LABEL}(?:\.{_LABEL})+\s*$"),
    "credit_code": Check(
        credit_code, lambda text: _without_gaps(text).upper(), r"^[ -]*(?:[0-9A-HJ-NP-RTUWXYa-hj-np-rtuwxy][ -]*){18}$"
    ),
    "bank_card": Check(bank_card, _without_gaps, r"^[ -]*(?:[0-9][ -]*){12,19}$"),
}
