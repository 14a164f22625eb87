"""How people read what the dialplan knows, and what an operator may list."""

import msgspec
import pytest

from cti.assist.attached import AttachedField, Choice, Datum, faults_of, read

MENU = AttachedField("MENU", "菜单", "Menu", (Choice("1", "查订单", "An order"),))
ORDER = AttachedField("ORDER")


def test_it_is_shown_in_the_order_of_the_settings_in_both_languages() -> None:
    assert read((ORDER, MENU), {"MENU": "1", "ORDER": "=4711", "OTHER": "x"}) == (
        Datum("ORDER", "ORDER", "ORDER", "=4711", "=4711", "=4711"),
        Datum("MENU", "菜单", "Menu", "1", "查订单", "An order"),
    )


def test_a_value_without_a_word_is_shown_as_it_came_and_nothing_is_not_shown() -> None:
    assert read((MENU,), {"MENU": "9"})[0].value_zh == "9"
    assert read((MENU,), {"MENU": ""}) == ()


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ((MENU, ORDER), []),
        ((MENU, MENU), ["MENU is there twice"]),
        ((AttachedField("Uniqueid"),), ["Uniqueid is a header of AMI's own: call it otherwise"]),
        (tuple(AttachedField(f"N{n}") for n in range(41)), ["there are 41: 40 at most go with a call"]),
        ((AttachedField("A", choices=(Choice("1", "", ""),) * 2),), ["A: the choice 1 is there twice"]),
    ],
)
def test_faults(fields: tuple[AttachedField, ...], faults: list[str]) -> None:
    assert faults_of(fields) == faults


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "naïve", "1st", "a:b", "a\r\nb"])
def test_a_name_is_one_that_asterisk_can_have(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": name}, AttachedField)
