"""The phone in the page: its calls, what is done with them, and what can be wrong."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, OpenPage
from tests.fakes.customers import WANG_FANG
from tests.fakes.sip_switch import Leg, SipSwitch
from tests.fakes.web_service import WEB_CAROL, FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"
ANSWER = re.compile("^Answer")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP phone.test 127.0.0.1",
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A Chromium that has a microphone and gives it to everybody."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--use-fake-ui-for-media-stream"]
        )
        yield browser
        await browser.close()


def phone_service() -> tuple[FakeService, SipSwitch]:
    switch = SipSwitch()
    return FakeService(WEB_CAROL, switch=switch), switch


async def ready(page: Page) -> None:
    await expect(page.get_by_role("button", name="Phone ready")).to_be_visible()


async def rings(service: FakeService, switch: SipSwitch, number: str = NUMBER, **headers: str) -> tuple[str, Leg]:
    call = await service.ring(number, WANG_FANG)
    return call, await switch.rings(call, number, **headers)


async def talks(page: Page, service: FakeService, switch: SipSwitch) -> tuple[str, Leg]:
    call, leg = await rings(service, switch)
    await page.get_by_role("button", name=ANSWER).click()
    await switch.answered(leg)
    await service.answer(call)
    await expect(page.get_by_role("button", name="Hang up")).to_be_visible()
    return call, leg


async def test_a_call_is_answered_held_muted_and_ended_by_keys(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        call, leg = await rings(service, switch)
        bar = page.get_by_label("Phone bar")
        await expect(bar.get_by_role("button", name=ANSWER)).to_be_visible()

        await page.keyboard.press("F2")
        await switch.answered(leg)
        await service.answer(call)
        await expect(bar).to_contain_text("Talking")

        await page.keyboard.press("F9")
        await expect(bar).to_contain_text("Muted")
        await page.keyboard.press("F9")
        await expect(bar).not_to_contain_text("Muted")

        await page.keyboard.press("F8")
        held = await switch.until("INVITE")
        assert "a=sendonly" in held.body
        await expect(bar.get_by_role("button", name="Resume")).to_be_visible()
        await page.keyboard.press("F8")
        assert "a=sendrecv" in (await switch.until("INVITE", 2)).body
        await expect(bar.get_by_role("button", name="Hold")).to_be_visible()

        await page.keyboard.press("F4")
        await switch.until("BYE")
        await service.hang_up(call)
        await expect(bar).to_contain_text("No call")


async def test_rejecting_says_busy_and_a_caller_who_gives_up_is_gone(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        call, leg = await rings(service, switch)
        await page.get_by_role("button", name="Reject").click()
        await service.hang_up(call, "call_rejected")
        await expect(page.get_by_label("Phone bar")).to_contain_text("No call")
        assert leg.over
        assert [m.status for m in switch.heard if m.status >= 300] == [486]

        await page.wait_for_timeout(1_000)  # F4 acts once a second
        call, leg = await rings(service, switch)
        await expect(page.get_by_role("button", name=ANSWER)).to_be_visible()
        await switch.ends(leg)
        await service.hang_up(call, "call_cancelled")
        await expect(page.get_by_role("button", name=ANSWER)).to_have_count(0)


async def test_a_queue_that_wants_it_is_answered_by_itself(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        _, leg = await rings(service, switch, X_CTI_Auto_Answer="0")
        await switch.answered(leg)
        await expect(page.get_by_role("button", name="Hang up")).to_be_visible()


async def test_sip_and_pushed_call_are_joined_by_name_and_never_by_number(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await service.ring(NUMBER, WANG_FANG)
        await switch.rings("another-call", NUMBER)
        bar = page.get_by_label("Phone bar")
        await expect(bar.get_by_label("Your calls").get_by_role("listitem")).to_have_count(1)


async def test_keys_go_into_the_call(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await talks(page, service, switch)
        # The voice connection, which is not there in these tests, would carry them.
        await page.evaluate("""() => {
            window.keys = []
            Object.defineProperty(RTCDTMFSender.prototype, 'canInsertDTMF', { get: () => true })
            RTCDTMFSender.prototype.insertDTMF = (tones) => window.keys.push(tones)
        }""")
        await page.get_by_role("button", name="Keypad").click()
        await page.get_by_role("button", name="5", exact=True).click()
        await page.keyboard.type("12#")
        await expect(page.locator("output")).to_have_text("512#")
        assert await page.evaluate("window.keys") == ["5", "1", "2", "#"]


async def test_a_call_is_sent_on_without_asking(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        call, leg = await talks(page, service, switch)
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("１１０２")  # as a Chinese keyboard writes it
        await page.get_by_role("button", name="Transfer now").click()
        refer = await switch.until("REFER")
        assert refer.headers["refer-to"] == "<sip:1102@asterisk>"
        await service.hang_up(call)
        await expect(page.get_by_label("Phone bar")).to_contain_text("No call")
        assert leg.over


async def test_a_colleague_is_asked_and_the_caller_put_through(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        call, leg = await talks(page, service, switch)
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.keyboard.press("Enter")
        bar = page.get_by_label("Phone bar")
        await expect(bar.get_by_role("button", name="Connect them")).to_be_visible()
        assert switch.dialled() == ["1102"]
        await expect(bar.get_by_label("Your calls")).to_contain_text("王芳")
        await expect(bar.get_by_label("Your calls")).to_contain_text("On hold")

        await bar.get_by_role("button", name="Connect them").click()
        refer = await switch.until("REFER")
        consulted = next(one for one in switch.legs.values() if not one.incoming)
        assert f"Replaces={consulted.call_id.replace('@', '%40')}" in refer.headers["refer-to"]
        await service.hang_up(call)
        await expect(bar).to_contain_text("No call")
        assert leg.over


async def test_going_back_to_the_caller_and_speaking_all_three(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await talks(page, service, switch)
        bar = page.get_by_label("Phone bar")
        for again in (False, True):
            await page.keyboard.press("Shift+F2")
            await page.keyboard.press("Control+A")
            await page.keyboard.type("1102")
            await page.keyboard.press("Enter")
            await expect(bar.get_by_role("button", name="Conference")).to_be_visible()
            if not again:
                await bar.get_by_role("button", name="Back to the caller").click()
                await switch.until("BYE")
                await expect(bar.get_by_role("button", name="Hold", exact=False).first).to_be_enabled()
        await bar.get_by_role("button", name="Conference").click()
        await expect(bar.get_by_text("Conference of three")).to_have_count(2)
        await bar.get_by_role("button", name="End conference").click()
        await expect(bar.get_by_text("Conference of three")).to_have_count(0)
        await expect(bar).to_contain_text("On hold")


async def test_a_second_call_holds_the_first(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        first, _ = await talks(page, service, switch)
        second = await service.ring("+8613900001111")
        leg = await switch.rings(second, "+8613900001111")
        bar = page.get_by_label("Phone bar")
        await expect(bar.get_by_label("Your calls")).to_contain_text("王芳")
        await bar.get_by_role("button", name=ANSWER).click()
        await switch.answered(leg)
        await service.put_call(first, state="hold")
        await service.answer(second)
        await expect(bar.get_by_label("Your calls")).to_contain_text("On hold")
        await bar.get_by_role("button", name="Go to this call").click()
        await expect(bar.get_by_label("Your calls")).to_contain_text("139 0000 1111")


async def test_a_number_on_the_card_is_called_by_its_button(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        call, _ = await talks(page, service, switch)
        await page.wait_for_timeout(300)
        await page.keyboard.press("F4")
        await service.hang_up(call)
        switch.answers = 486
        await page.get_by_role("button", name="Call 0571 8888 6666").click()
        await switch.until("INVITE")
        assert switch.dialled() == ["+8657188886666"]
        await expect(page.get_by_text("0571 8888 6666 is busy.").last).to_be_visible()


async def test_a_page_that_is_loaded_again_takes_its_call_back(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        call, _ = await talks(page, service, switch)
        switch.waiting = (call,)
        await page.reload()
        await expect(page.get_by_text("You have a call. Taking it back…").last).to_be_visible()
        assert switch.given[-1].phone == "phone-1"
        leg = await switch.rings(call, NUMBER, X_CTI_Auto_Answer="0", X_CTI_Returned="yes")
        await switch.answered(leg)
        await expect(page.get_by_text("Taking it back…")).to_have_count(0)
        await expect(page.get_by_role("button", name="Hang up")).to_be_visible()


async def test_a_second_tab_is_told_and_can_take_the_phone(open_page: OpenPage) -> None:
    service, _ = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        other = await page.context.new_page()
        await other.goto(service.url)
        await expect(other.get_by_text("Your phone is in another tab or at another computer.")).to_be_visible()
        await other.get_by_role("button", name="Take it here").click()
        await expect(other.get_by_role("button", name="Phone ready")).to_be_visible()
        await expect(page.get_by_text("Your phone is in another tab or at another computer.").last).to_be_visible()
        await other.close()
        await ready(page)  # it comes back when that tab closes


async def test_another_computer_has_the_phone(open_page: OpenPage) -> None:
    service, switch = phone_service()
    switch.in_use = True
    async with service:
        page = await open_page(service.url, language="en")
        await page.get_by_role("button", name="Take it here").click()
        await ready(page)
        assert [form.take_over for form in switch.given] == [False, True]
        await switch.close(4409)
        await expect(page.get_by_role("button", name="Take it here")).to_be_visible()


async def test_a_lost_socket_is_told_and_comes_back_by_itself(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await talks(page, service, switch)
        await switch.close(4502)
        await expect(page.get_by_text("The switch does not answer. A call in progress goes on").last).to_be_visible()
        await expect(page.get_by_role("button", name="Hold")).to_be_disabled()
        await expect(page.get_by_label("Phone bar")).to_contain_text("Talking")
        await ready(page)
        await expect(page.get_by_role("button", name="Hold")).to_be_enabled()
        assert len(switch.given) == 1


async def test_a_service_that_forgot_the_phone_is_asked_for_another(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await switch.close(4404)
        await switch.until("REGISTER", 2)
        await ready(page)
        assert len(switch.given) == 2


async def test_credentials_that_the_switch_does_not_take(open_page: OpenPage) -> None:
    service, switch = phone_service()
    switch.register_status = 403
    async with service:
        page = await open_page(service.url, language="en")
        await expect(page.get_by_text("The switch does not accept this phone.").last).to_be_visible()
        switch.register_status = 200
        await page.get_by_role("button", name="Try again").click()
        await ready(page)


async def test_a_page_without_https_says_what_to_do(open_page: OpenPage) -> None:
    service, _ = phone_service()
    async with service:
        page = await open_page(service.url.replace("127.0.0.1", "phone.test"))
        await expect(page.get_by_text("网页话机需要安全地址。请用 https 打开本页").last).to_be_visible()


async def test_microphone_refused_taken_and_unplugged(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        failing = "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)) }"
        for name, text in [
            ("NotAllowedError", "The browser may not use the microphone."),
            ("NotReadableError", "Another program has the microphone."),
            ("NotFoundError", "No microphone is connected."),
        ]:
            await page.evaluate(failing, name)
            call, leg = await rings(service, switch)
            await page.get_by_role("button", name=ANSWER).click()
            await expect(page.get_by_text(text).last).to_be_visible()
            assert not leg.answered
            await expect(page.get_by_role("button", name="Phone no microphone")).to_be_visible()
            await switch.ends(leg)
            await service.hang_up(call)


async def test_sound_devices_are_chosen_and_tried(open_page: OpenPage) -> None:
    service, _ = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await page.get_by_role("button", name="Phone ready").click()
        dialog = page.get_by_role("dialog", name="Phone and sound")
        await expect(dialog.get_by_label("Microphone").locator("option")).to_have_count(3)
        await dialog.get_by_label("Microphone").select_option(index=2)
        await expect(dialog.locator("meter")).not_to_have_js_property("value", 0)  # the fake one beeps
        await dialog.get_by_role("button", name="Test tone").first.click()
        await expect(dialog.get_by_role("button", name="Sounding…")).to_be_visible()
        await expect(dialog.get_by_role("button", name="Sounding…")).to_have_count(0)
        await dialog.get_by_label("Desk phone").check()
        await expect(page.get_by_role("button", name="Phone on the desk")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("button", name="Phone on the desk")).to_be_visible()


async def test_a_page_without_a_phone_does_not_load_one(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page("about:blank", language="en")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(service.url)
        await expect(page.get_by_role("button", name="Phone on the desk")).to_be_visible()
        assert not [url for url in asked if "JsSIP" in url]
