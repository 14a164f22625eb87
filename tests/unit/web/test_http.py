"""Logging in, people, pages and health, over real HTTP."""

import re
from pathlib import Path

import aiohttp
import pytest

from cti.settings import Web as WebSettings
from cti.web.auth import ADMINISTRATOR
from tests.fakes.centre import Agent, Centre, running

GOOD = "correct horse battery"


async def _log_in(agent: Agent, user: str, password: str, **headers: str) -> aiohttp.ClientResponse:
    return await agent.http.post(
        "/api/login", json={"user": user, "password": password}, headers={"Origin": agent.centre.url, **headers}
    )


async def test_the_first_administrator_exchanges_the_secret_for_a_password(centre: Centre) -> None:
    secret = await centre.web.auth.first_start()
    assert secret is not None
    assert await centre.web.auth.first_start() is None  # once
    root = centre.stranger()
    assert (await _log_in(root, "admin", "admin")).status == 401

    answer = await _log_in(root, ADMINISTRATOR.upper(), secret)
    assert (await answer.json())["must_change"] is True
    token = _cookie(answer)
    me = Agent(centre, "admin", root.device, token)
    centre.people.append(me)
    assert (await me.http.get("/api/me")).status == 200
    assert (await (await me.http.get("/api/people")).json())["code"] == "must_change_password"
    for old, new, code in [
        ("nonsense", GOOD, "wrong_password"),
        (secret, "short", "weak_password"),
        (secret, "administrator1", "weak_password"),
        (secret, secret, "weak_password"),
    ]:
        refused = await me.http.post("/api/password", json={"old": old, "new": new})
        assert (await refused.json())["code"] == code
    changed = await me.http.post("/api/password", json={"old": secret, "new": GOOD})
    assert (await changed.json())["must_change"] is False
    assert (await me.http.get("/api/me")).status == 401  # the session of the secret is over
    assert (await _log_in(centre.stranger(), "admin", secret)).status == 401
    assert (await _log_in(centre.stranger(), "admin", GOOD)).status == 200


async def test_the_cookie_is_for_this_service_alone(centre: Centre) -> None:
    await centre.web.auth.make_user("anna", display_name="Anna", role="agent", device="")
    _, password = await centre.web.auth.reset_password("anna")

    answer = await _log_in(centre.stranger(), "anna", password)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("cti=")
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))


async def test_behind_tls_the_cookie_is_secure() -> None:
    async with running(settings=WebSettings(port=0, behind_tls=True)) as centre:
        _, password = await centre.web.auth.make_user("anna", display_name="Anna", role="agent", device="")

        answer = await _log_in(centre.stranger(), "anna", password)

        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-cti=")
        assert "Secure" in cookie
        assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 403),
    ],
)
async def test_a_post_from_another_page_changes_nothing(centre: Centre, headers: dict[str, str], status: int) -> None:
    async with aiohttp.ClientSession() as session:
        body = {"user": "x", "password": "y"}
        answer = await session.post(f"{centre.url}/api/login", json=body, headers=headers)
        assert answer.status == status


async def test_forms_that_are_none_are_refused(centre: Centre) -> None:
    anna = centre.stranger()
    own = {"Origin": centre.url}
    for data, kind, status in [
        ("user=x", "application/x-www-form-urlencoded", 415),
        ('{"user":"x","password":"y"}', "text/plain", 415),
        ("{", "application/json", 400),
        ('{"user":"x"}', "application/json", 400),
        ('{"user":"x","password":"y","role":"admin"}', "application/json", 400),
        ("x" * 100_000, "application/json", 413),
    ]:
        answer = await anna.http.post("/api/login", data=data, headers={**own, "Content-Type": kind})
        assert answer.status == status, data[:20]
        assert (await answer.json())["code"] == "bad_request"
    assert (await anna.http.get("/api/login")).status in (404, 405)
    assert (await anna.http.get("/api/nothing")).status == 404


async def test_administrators_make_people_and_others_do_not(centre: Centre) -> None:
    root = await centre.person("root", role="admin")
    anna = await centre.person("anna", extension="1001")
    new = {"user": "Ben", "name": "Ben", "role": "agent", "device": "PJSIP/1002"}

    made = await (await root.http.post("/api/people", json=new)).json()

    assert made["person"] == {
        "user": "ben", "name": "Ben", "role": "agent", "device": "PJSIP/1002",
        "enabled": True, "must_change": True, "connected": False, "team": "", "queues": [],
    }  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9]{5}(-[A-Za-z0-9]{5}){3}", made["password"])
    assert (await _log_in(centre.stranger(), "ben", made["password"])).status == 200
    for wrong, code in [
        (new, "already_exists"),
        ({**new, "user": "eve"}, "already_exists"),  # his phone
        ({**new, "user": "../x", "device": ""}, "bad_request"),
        ({**new, "user": "eve", "device": "PJSIP/1&SIP/2"}, "bad_request"),
        ({**new, "user": "eve", "name": " ", "device": ""}, "bad_request"),
        ({**new, "user": "eve", "role": "root", "device": ""}, "bad_request"),
    ]:
        assert (await (await root.http.post("/api/people", json=wrong)).json())["code"] == code
    names = [person["user"] for person in (await (await root.http.get("/api/people")).json())["people"]]
    assert names == ["anna", "ben", "root"]
    for method, path, body in [
        ("GET", "/api/people", None),
        ("POST", "/api/people", {**new, "user": "eve", "device": ""}),
        ("POST", "/api/people/enable", {"user": "root", "enabled": False}),
        ("POST", "/api/people/reset", {"user": "root"}),
        ("GET", "/api/ops", None),
    ]:
        assert (await (await anna.http.request(method, path, json=body)).json())["code"] == "not_allowed"
        assert (await (await centre.stranger().http.request(method, path, json=body, headers={"Origin": centre.url})).json())["code"] == "signed_out"  # fmt: skip  # noqa: E501
    shut = await root.http.post("/api/people/enable", json={"user": "root", "enabled": False})
    assert shut.status == 400
    reset = await (await root.http.post("/api/people/reset", json={"user": "ben"})).json()
    assert (await _log_in(centre.stranger(), "ben", made["password"])).status == 401
    assert (await _log_in(centre.stranger(), "ben", reset["password"])).status == 200


async def test_health_tells_the_parts(centre: Centre) -> None:
    anybody = centre.stranger()
    assert (await anybody.http.get("/healthz")).status == 200
    not_yet = await anybody.http.get("/readyz")
    assert not_yet.status == 503
    assert (await not_yet.json())["parts"][0]["part"] == "switch"
    centre.link_comes_up()
    assert (await anybody.http.get("/readyz")).status == 200


async def test_the_figures_of_pops_are_on_the_ops_page_and_in_the_metrics(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    root = await centre.person("root", role="admin")
    centre.customer("anonymous").calls().rings(anna)
    pop = await anna.sees("pop")
    now = centre.web.clock.now()
    await anna.says("pop.painted", pop=pop["pop"], received=now, painted=now)
    await anna.meanwhile()

    ops = await (await root.http.get("/api/ops")).json()

    assert {stage["stage"]: stage["count"] for stage in ops["stages"]} == dict.fromkeys(
        ("event", "dispatched", "received", "painted", "total"), 1
    )
    assert (ops["pops"], ops["screens"], ops["people"], ops["calls"]) == (1, 1, 1, 1)
    text = await (await centre.stranger().http.get("/metrics")).text()
    assert 'cti_pop_stage_seconds_count{stage="total"} 1.0' in text
    assert "cti_screens 1.0" in text
    assert "anna" not in text


async def test_metrics_are_for_this_machine_and_administrators(centre: Centre) -> None:
    by_proxy = {"X-Forwarded-For": "203.0.113.5"}
    root = await centre.person("root", role="admin")
    anna = await centre.person("anna")
    assert (await centre.stranger().http.get("/metrics", headers=by_proxy)).status == 403
    assert (await anna.http.get("/metrics", headers=by_proxy)).status == 403
    assert (await root.http.get("/metrics", headers=by_proxy)).status == 200


async def test_every_answer_carries_the_headers(centre: Centre) -> None:
    for path in ("/", "/api/me", "/healthz", "/nothing.js", "/api/x"):
        headers = (await centre.stranger().http.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "aiohttp" not in headers.get("Server", "")


async def test_pages(tmp_path: Path) -> None:
    from cti.web.pages import Pages

    folder = tmp_path / "static"
    async with running(pages=Pages(folder)) as centre:
        anybody = centre.stranger()
        assert "not built" in await (await anybody.http.get("/")).text()
        (folder / "assets").mkdir(parents=True)
        (folder / "index.html").write_text("<!doctype html>the page")
        (folder / "assets" / "a-1.js").write_text("x" * 5_000)
        (tmp_path / "secret").write_text("secret")
        (folder / "assets" / "link.js").symlink_to(tmp_path / "secret")

        for path in ("/", "/ops", "/people/anna"):
            page = await anybody.http.get(path)
            assert await page.text() == "<!doctype html>the page"
            assert page.headers["Cache-Control"] == "no-cache"
        script = await anybody.http.get("/assets/a-1.js")
        assert "immutable" in script.headers["Cache-Control"]
        assert script.headers["Content-Encoding"] == "gzip"
        assert len(await script.text()) == 5_000
        for path in ("/assets/link.js", "/assets/no.js", "/..%2fsecret", "/assets/..%2f..%2fsecret", "/x.txt"):
            assert (await anybody.http.get(path)).status in (404, 200)
            assert "secret" not in await (await anybody.http.get(path)).text()


def _cookie(answer: aiohttp.ClientResponse) -> str:
    return answer.cookies["cti"].value
