"""Requests about calls: what they become, and that nothing but numbers and ids gets into them."""

import pytest

from connectors.ami import requests
from cti.calls.facts import ChannelId, Device
from cti.ports import SwitchRefused

CHANNEL, ANNA = ChannelId("test-system-1795422786.1"), Device("PJSIP/1101")


def test_parking_tells_the_dialplan_for_how_long() -> None:
    action, fields = requests.park(CHANNEL, 20)
    assert action == "Redirect"
    assert dict(fields) == {"Channel": CHANNEL, "Context": "cti-park", "Exten": "020", "Priority": "1"}


def test_giving_back_rings_the_phone_from_a_context_of_ours() -> None:
    assert dict(requests.give_back(CHANNEL, ANNA)[1])["Exten"] == "1101"
    assert dict(requests.give_back(CHANNEL, ANNA)[1])["Context"] == "cti-return"


def test_an_originated_call_bears_our_id_and_is_answered_at_once() -> None:
    _, fields = requests.originate(ANNA, "+8613800138000", ChannelId("cti-dial-1"))
    assert dict(fields[:4]) == {
        "Channel": "PJSIP/1101", "Context": "from-phones", "Exten": "+8613800138000", "Priority": "1",
    }  # fmt: skip
    assert ("ChannelId", "cti-dial-1") in fields
    assert ("Variable", "PJSIP_HEADER(add,X-CTI-Call)=cti-dial-1") in fields


def test_a_transfer_is_one_for_the_switch_too() -> None:
    action, fields = requests.transfer(CHANNEL, "1002")
    assert (action, dict(fields)) == ("BlindTransfer", {"Channel": CHANNEL, "Exten": "1002", "Context": "from-phones"})


def test_keys_are_pressed_one_at_a_time() -> None:
    assert requests.press(CHANNEL, "#") == ("PlayDTMF", [("Channel", CHANNEL), ("Digit", "#")])
    for keys in ("", "12", "A", "w"):
        with pytest.raises(SwitchRefused):
            requests.press(CHANNEL, keys)


@pytest.mark.parametrize("number", ["", "13800138000&PJSIP/1901", "h", "s", "5000@queues", "1\r\nAction: x", "1" * 33])
def test_a_number_is_a_number(number: str) -> None:
    for build in (
        lambda: requests.redirect(CHANNEL, number),
        lambda: requests.originate(ANNA, number, ChannelId("cti-dial-1")),
        lambda: requests.transfer(CHANNEL, number),
    ):
        with pytest.raises(SwitchRefused):
            build()


@pytest.mark.parametrize("channel", ["", "/.*/", "PJSIP/1101-00000001", "a,b", "a\r\nb"])
def test_a_channel_is_an_id(channel: str) -> None:
    for build in (
        lambda: requests.hang_up(ChannelId(channel)),
        lambda: requests.park(ChannelId(channel), 20),
        lambda: requests.give_back(ChannelId(channel), ANNA),
        lambda: requests.redirect(ChannelId(channel), "5000"),
        lambda: requests.originate(ANNA, "5000", ChannelId(channel)),
        lambda: requests.transfer(ChannelId(channel), "5000"),
        lambda: requests.press(ChannelId(channel), "1"),
    ):
        with pytest.raises(SwitchRefused):
            build()


@pytest.mark.parametrize("device", ["", "PJSIP/1101&PJSIP/1102", "Local/1101@from-phones", "PJSIP/1101,s"])
def test_a_device_is_a_phone(device: str) -> None:
    with pytest.raises(SwitchRefused):
        requests.give_back(CHANNEL, Device(device))
    with pytest.raises(SwitchRefused):
        requests.originate(Device(device), "5000", ChannelId("cti-dial-1"))


@pytest.mark.parametrize("seconds", [0, 1000, -1])
def test_nobody_is_parked_for_ever(seconds: int) -> None:
    with pytest.raises(SwitchRefused):
        requests.park(CHANNEL, seconds)
