"""The phone in the page on a real Asterisk: answered, held, asked, put through, three together, lost and got back."""

import pytest
from playwright.async_api import expect

from tests.browser.phones import CUSTOMER, Browsers, a_call, bar_of, bridged, hears, hears_tones, logged_in, works
from tests.browser.phones import browsers as browsers
from tests.browser.phones import daemon as daemon
from tests.browser.phones import switch as switch
from tests.integration.daemon import Daemon
from tests.integration.switch import Switch

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_queue_call_is_answered_held_and_ended(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, customer):
        bar = bar_of(page)
        await expect(bar).to_contain_text("138 0013 8000")
        await expect(bar.get_by_label("Your calls")).to_have_count(0)  # one call, joined by its name
        since = switch.ami.position
        await page.keyboard.press("F8")
        await switch.ami.wait_for("Hold", since=since)
        await expect(page.get_by_role("button", name="Own state: On hold")).to_be_visible()
        await page.keyboard.press("F8")
        await switch.ami.wait_for("Unhold", since=since)
        await hears(page)

        since = switch.ami.position
        await bar.get_by_role("button", name="Keypad").click()
        await page.keyboard.type("42")
        await expect(page.locator("output")).to_have_text("42")  # said only of keys that the connection took
        await page.keyboard.press("Escape")
        await page.keyboard.press("F4")
        await switch.ami.wait_for("Hangup", since=since, Uniqueid=customer)
        await expect(bar.get_by_role("button", name="Hang up")).to_have_count(0)


async def test_a_colleague_is_asked_and_gets_the_customer(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    bo = await works(browsers, daemon, "bo")
    async with a_call(browsers, daemon, switch) as (page, customer):
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.keyboard.press("Enter")
        await expect(bar_of(bo).get_by_role("button", name="Answer F2")).to_be_visible()
        await bo.keyboard.press("F2")
        await hears_tones(bo, 0, "received", "anna")
        await expect(bar_of(page).get_by_role("button", name="Connect them")).to_be_visible()
        await bar_of(page).get_by_role("button", name="Connect them").click()
        await bridged(switch, customer, 1)
        await hears(bo)
        await expect(bar_of(page).get_by_role("button", name="Hang up")).to_have_count(0)
        await expect(bar_of(bo)).to_contain_text("138 0013 8000")


async def test_three_speak_together_and_part(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    bo = await works(browsers, daemon, "bo")
    async with a_call(browsers, daemon, switch) as (page, customer):
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.keyboard.press("Enter")
        await expect(bar_of(bo).get_by_role("button", name="Answer F2")).to_be_visible()
        await bo.keyboard.press("F2")
        await bar_of(page).get_by_role("button", name="Conference").click()
        await expect(bar_of(page).get_by_text("Conference of three").first).to_be_visible()
        await hears_tones(page, 0, "sent", "anna", "bo")  # to the customer
        await hears_tones(page, 1, "sent", "anna")  # to bo, who does not hear himself
        await hears_tones(bo, 0, "received", "anna")
        await bar_of(page).get_by_role("button", name="Mute").click()
        await hears_tones(page, 0, "sent", "bo")
        await bar_of(page).get_by_role("button", name="Unmute").click()
        await hears_tones(page, 0, "sent", "anna", "bo")
        await bar_of(page).get_by_role("button", name="Back to the caller").click()
        await expect(bar_of(bo).get_by_role("button", name="Hang up")).to_have_count(0)
        await hears_tones(page, 0, "sent", "anna")
        await bridged(switch, customer, 1)


async def test_a_blind_transfer_rings_the_colleague(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    bo = await works(browsers, daemon, "bo")
    async with a_call(browsers, daemon, switch) as (page, customer):
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.get_by_role("button", name="Transfer now").click()
        await expect(bar_of(bo).get_by_role("button", name="Answer F2")).to_be_visible()
        await expect(bar_of(bo)).to_contain_text("138 0013 8000")
        await bo.keyboard.press("F2")
        await bridged(switch, customer, 1)
        await expect(bar_of(page).get_by_role("button", name="Hang up")).to_have_count(0)


async def test_a_reload_gives_the_call_back(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, customer):
        since = switch.ami.position
        await page.reload(wait_until="commit")
        await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="holding_bridge")
        await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="simple_bridge")
        await hears(page)
        await expect(bar_of(page).get_by_role("button", name="Hang up")).to_be_visible()
        await expect(page.get_by_text("Taking it back…")).to_have_count(0)


async def test_a_second_tab_takes_the_phone_and_the_call(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, customer):
        other = await page.context.new_page()
        await other.goto("/")
        await other.get_by_role("button", name="Take it here").click()
        await hears(other)
        await bridged(switch, customer, 1)
        await expect(page.get_by_role("button", name="Take it here")).to_be_visible()


async def test_an_outside_number_is_called_from_the_card(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, _):
        await page.wait_for_timeout(300)
        await page.keyboard.press("F4")
        dial = page.get_by_label("Call", exact=True).get_by_role("button", name="Call 138 0013 8000")
        await expect(dial).to_be_visible()
        await page.wait_for_timeout(700)
        await dial.click()
        await hears(page)
        await expect(bar_of(page).get_by_label("Your calls")).to_have_count(0)  # joined by the name in the answer


async def test_a_shift_from_the_assignment_to_the_note(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    admin = await (await logged_in(browsers["bo"], daemon.url, "root")).new_page()
    await admin.goto("/#people")
    await admin.get_by_role("button", name="Edit anna").click()
    await admin.get_by_label("Another queue").fill("support")
    await admin.keyboard.press("Enter")
    await admin.get_by_role("button", name="Save").click()
    await expect(admin.get_by_role("row", name="anna")).to_contain_text("support")

    page = await works(browsers, daemon, "anna")
    own = page.get_by_role("button", name="Own state:")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await expect(own).to_contain_text("Not ready")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Ready", exact=True).click()
    await expect(own).to_contain_text("Ready")

    await switch.customer_calls(CUSTOMER)
    await expect(bar_of(page).get_by_role("button", name="Answer F2")).to_be_visible()
    await page.keyboard.press("F2")
    await expect(own).to_contain_text("Talking")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Break").click()
    await expect(own).to_contain_text("Break after this call")
    await page.get_by_role("textbox", name="Note on this call").fill("asks for 1234")
    await page.keyboard.press("F4")
    await expect(own).to_contain_text("Not ready", timeout=15_000)
    await expect(own).to_contain_text("Break")
    await expect(page.get_by_text("Note saved").last).to_be_visible(timeout=15_000)

    await page.get_by_role("button", name="Put away").click()
    calls = page.get_by_label("My calls today").get_by_role("listitem")
    await expect(calls.first).to_contain_text("asks for 1234")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Repair my state").click()
    await expect(page.get_by_role("status")).to_have_text("State read anew from the switch")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to your queues")).to_be_visible()
