"""Forms at the desk, over HTTP and the websocket, with customers in a real database and the shipped forms."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cti.assist.faults import Fault, Place
from cti.customers import Address, CustomerChange
from tests.fakes.centre import Agent, Customer, customers_in
from tests.fakes.forms import FormDay, form_day
from tests.stories.test_after_call import shipped_outcomes

NUMBER = "+8613800138000"
GOOD_ID, MISTYPED_ID = "11010519491231002X", "110105194912310021"
NEW: dict[str, Any] = {"kind": "person", "name": "王芳", "id_number": GOOD_ID, "consent": True}


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[FormDay]:
    async with form_day(tmp_path) as day:
        yield day


async def calls(day: FormDay, agent: Agent, number: str = "13800138000") -> Customer:
    """Somebody calls and is answered; the card says by then what the directory knows."""
    customer = day.customer(number)
    customer.calls("support")
    customer.rings(agent, "support")
    await agent.sees("pop")
    customer.is_answered_by(agent)
    return customer


async def opens(agent: Agent, **query: Any) -> dict[str, Any]:
    async with agent.http.get("/api/assist/form", params=query) as response:
        assert response.status == 200, await response.text()
        found: dict[str, Any] = await response.json()
        return found


async def posts(agent: Agent, what: str, view: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    seen = {"form": view["form"], "version": view["version"], "revision": view["revision"]}
    async with agent.http.post(f"/api/assist/form/{what}", json={**seen, **more}) as response:
        return response.status, await response.json()


async def test_an_unknown_caller_is_registered_with_an_id_number_mistyped_first(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    call = await calls(day, anna)
    view = await opens(anna, call=call.id)
    assert view["prompts"] == [{"kind": "register", "field": "", "fields": [], "age_days": None}]
    assert view["values"] == {"mobile": "13800138000"}
    assert view["customer"] is None

    status, refused = await posts(anna, "save", view, call=call.id, values={**NEW, "id_number": MISTYPED_ID})
    assert status == 422
    assert [(error["path"], error["code"]) for error in refused["errors"]] == [("id_number", "cn_id.checksum")]
    assert "校验位不符" in refused["errors"][0]["zh"]
    assert (await opens(anna, call=call.id))["draft"]["values"]["name"] == "王芳"

    status, saved = await posts(anna, "save", view, call=call.id, values=NEW)
    assert status == 200, saved
    assert saved["draft"] is None
    assert customers_in(await anna.sees("card")) == ["王芳"]
    record = await day.book.record(saved["customer"])
    assert record is not None
    assert record.id_number == GOOD_ID
    assert record.created_by == "anna"
    assert [(mark.kind, mark.given) for mark in record.marks] == [("consent", True)]
    assert [number.e164 for number in record.customer.numbers] == [NUMBER]
    history = {edit.field: edit for edit in await day.book.history(saved["customer"])}
    assert history["id_number"].after == GOOD_ID
    assert history["id_number"].source == f"registration@{view['version']}"
    assert history["id_number"].who == "anna"


async def test_who_was_registered_calls_again_and_is_asked_for_what_is_missing(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    call = await calls(day, anna)
    await posts(anna, "save", await opens(anna, call=call.id), call=call.id, values={**NEW, "id_number": None})
    call.hangs_up()

    again = await calls(day, anna)
    view = await opens(anna, call=again.id)
    assert view["values"]["name"] == "王芳"
    assert [(prompt["kind"], prompt["field"], prompt["fields"]) for prompt in view["prompts"]] == [
        ("ask", "id_number", ["id_number"]),
        ("ask", "address", ["region", "street"]),
    ]
    address = {"region": ["浙江省", "杭州市", "西湖区"], "street": "文三路 1 号"}
    status, saved = await posts(anna, "save", view, call=again.id, values={"id_number": GOOD_ID, **address})
    assert status == 200, saved
    assert saved["prompts"] == []
    record = await day.book.record(saved["customer"])
    assert record is not None
    assert str(record.addresses[0]) == "浙江省 杭州市 西湖区 文三路 1 号"


async def test_what_is_half_typed_is_there_after_a_crash_and_for_a_colleague(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    berta = await day.agent("berta", extension="1002")
    call = await calls(day, anna)
    view = await opens(anna, call=call.id)
    status, _ = await posts(anna, "draft", view, call=call.id, values={"name": "王"}, focus="name")
    assert status == 200
    mine = (await opens(anna, call=call.id))["draft"]
    assert (mine["values"], mine["focus"]) == ({"name": "王"}, "name")
    call.hangs_up()

    again = await calls(day, berta)
    seen = await opens(berta, call=again.id)
    assert seen["draft"] is None
    assert seen["unfinished"]["author"] == "Anna"
    async with berta.http.post("/api/assist/form/take_over", json={"call": again.id, "form": view["form"]}) as response:
        taken = await response.json()
    assert taken["draft"]["values"] == {"name": "王"}
    assert taken["unfinished"] is None

    await posts(berta, "save", taken, call=again.id, values={**NEW, **taken["draft"]["values"], "name": "王芳"})
    assert (await opens(berta, call=again.id))["draft"] is None


async def test_two_people_at_one_record_see_each_other_and_overwrite_nothing_unseen(day: FormDay) -> None:
    await day.directory.add("王芳", NUMBER)
    anna = await day.agent("anna", extension="1001")
    berta = await day.agent("berta", extension="1002")
    call = await calls(day, anna)
    other = await calls(day, berta)
    annas, bertas = await opens(anna, call=call.id), await opens(berta, call=other.id)
    await anna.says("form.open", call=call.id)
    await anna.sees("form", others=[])
    await berta.says("form.open", call=other.id)
    assert (await anna.sees("form"))["others"] == [{"user": "berta", "name": "Berta"}]
    assert (await berta.sees("form"))["others"] == [{"user": "anna", "name": "Anna"}]

    status, _ = await posts(anna, "save", annas, call=call.id, values={"name": "王小芳", "note": "VIP"})
    assert status == 200
    told = await berta.sees("form")
    assert told["revision"] != bertas["revision"]

    status, refused = await posts(berta, "save", bertas, call=other.id, values={"name": "王大芳", "email": "w@x.cn"})
    assert status == 409
    [field] = refused["fields"]
    assert (field["field"], field["mine"], field["theirs"], field["who"]) == ("name", "王大芳", "王小芳", "Anna")
    chosen = {**bertas, "revision": refused["revision"]}
    status, saved = await posts(berta, "save", chosen, call=other.id, values={"name": "王大芳", "email": "w@x.cn"})
    assert status == 200, saved
    assert saved["values"]["note"] == "VIP"
    assert saved["values"]["email"] == "w@x.cn"

    await berta.closes()
    assert (await anna.sees("form", revision=""))["others"] == []


async def test_different_fields_written_at_once_are_both_kept(day: FormDay) -> None:
    await day.directory.add("王芳", NUMBER)
    anna = await day.agent("anna", extension="1001")
    berta = await day.agent("berta", extension="1002")
    call, other = await calls(day, anna), await calls(day, berta)
    annas, bertas = await opens(anna, call=call.id), await opens(berta, call=other.id)
    assert (await posts(anna, "save", annas, call=call.id, values={"note": "VIP"}))[0] == 200
    status, saved = await posts(berta, "save", bertas, call=other.id, values={"id_number": GOOD_ID})
    assert status == 200
    assert (saved["values"]["note"], saved["values"]["id_number"]) == ("VIP", GOOD_ID)


async def test_a_form_is_for_those_whose_phone_the_call_reached(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    berta = await day.agent("berta", extension="1002")
    call = await calls(day, anna)
    view = await opens(anna, call=call.id)
    async with berta.http.get("/api/assist/form", params={"call": call.id}) as response:
        assert response.status == 404
    assert (await posts(berta, "draft", view, call=call.id, values={"name": "x"}))[0] == 404
    assert (await posts(berta, "save", view, call=call.id, values=NEW))[0] == 404
    chief = await day.person("chief", role="inspector")
    async with chief.http.get("/api/assist/form", params={"call": call.id}) as response:
        assert response.status == 403


async def test_an_answer_outside_the_form_is_refused_with_its_name(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    call = await calls(day, anna)
    view = await opens(anna, call=call.id)
    status, refused = await posts(anna, "save", view, call=call.id, values={**NEW, "salary": 1, "kind": "robot"})
    assert status == 422
    assert {(error["path"], error["code"]) for error in refused["errors"]} == {
        ("salary", "unknown_field"),
        ("kind", "choice"),
    }
    status, refused = await posts(anna, "save", view, call=call.id, values={"name": "x" * 40_000})
    assert (status, refused["code"]) == (413, "bad_request")


async def test_a_customer_who_is_known_to_have_moved_is_confirmed(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    call = await calls(day, anna)
    _, saved = await posts(anna, "save", await opens(anna, call=call.id), call=call.id, values=NEW)
    status, saved = await posts(anna, "save", saved, call=call.id, values={}, confirmed=["number", "name"])
    assert status == 200
    confirmed = [edit for edit in await day.book.history(saved["customer"]) if edit.after == "confirmed"]
    assert [edit.field for edit in confirmed] == ["numbers"]  # the rules ask for no confirmation of names


async def test_choice_trees_are_kept_by_browsers(day: FormDay) -> None:
    anna = await day.agent("anna", extension="1001")
    call = await calls(day, anna)
    version = (await opens(anna, call=call.id))["trees"]["cn-regions"]
    query = {"name": "cn-regions", "version": version}
    async with anna.http.get("/api/assist/tree", params=query) as response:
        assert "immutable" in response.headers["Cache-Control"]
        assert [level["zh"] for level in (await response.json())["levels"]] == ["省份", "城市", "区县"]
    async with anna.http.get("/api/assist/tree", params={**query, "version": "old"}) as response:
        assert response.headers["Cache-Control"] == "no-store"


async def test_the_ops_page_has_what_is_wrong_with_files(day: FormDay) -> None:
    chief = await day.person("chief", role="admin")
    async with chief.http.get("/api/ops") as response:
        assert (await response.json())["content"] == []
    day.content.faults = (Fault("config/forms/x.toml", Place(3, 7), "unknown_check", {"name": "x", "known": "email"}),)
    async with chief.http.get("/api/ops") as response:
        [fault] = (await response.json())["content"]
    assert (fault["file"], fault["line"], fault["column"], fault["severity"]) == ("config/forms/x.toml", 3, 7, "error")
    assert fault["zh"].startswith("没有校验")


async def test_an_outcome_waits_for_the_fields_that_it_needs(day: FormDay) -> None:
    day.outcomes += shipped_outcomes()
    anna = await day.agent("anna", extension="1001")
    call = day.customer("13800138000")
    call.calls("sales")
    call.rings(anna, "sales")
    await anna.sees("pop")
    call.is_answered_by(anna)
    _, saved = await posts(anna, "save", await opens(anna, call=call.id), call=call.id, values=NEW)

    async def chooses() -> tuple[int, dict[str, Any]]:
        async with anna.http.post("/api/after/outcome", json={"call": call.id, "outcome": "enrolled"}) as response:
            return response.status, await response.json()

    status, refused = await chooses()
    assert (status, refused["code"], refused["needs"], refused["fields"]) == (409, "still_needed", [], ["address"])

    home = Address("home", "浙江省", "杭州市", "西湖区", "文三路 1 号")
    await day.book.change(saved["customer"], CustomerChange(addresses=(home,)), who="anna")
    assert (await chooses())[0] == 200
