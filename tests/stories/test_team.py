"""A lead watches the team: states and calls as they change, and nobody who is not theirs."""

from cti.staff import ProfileChange
from tests.fakes.centre import Agent, Centre, Frame


async def joins(centre: Centre, who: Agent, team: str) -> None:
    user = await centre.users.by_name(who.name)
    assert user
    if team and team not in centre.staff.names.values():
        await centre.staff.make_team(team)
    await centre.web.people.change(user.id, ProfileChange(team=team))


async def lead_of(centre: Centre, team: str, name: str = "lena") -> Agent:
    lead = await centre.person(name, role="lead")
    await joins(centre, lead, team)
    await lead.opens()
    return lead


def users(frame: Frame) -> list[str]:
    return [mate["user"] for mate in frame["people"]]


async def test_a_lead_sees_the_own_team_as_it_is_and_as_it_changes(centre: Centre) -> None:
    centre.link_comes_up()
    anna = await centre.agent("anna", extension="1001")
    bo = await centre.agent("bo", extension="1002")
    await joins(centre, anna, "blue")
    await joins(centre, bo, "red")
    lena = await lead_of(centre, "blue")

    await lena.says("team.watch")
    first = await lena.sees("team")
    assert (users(first), first["whole"]) == (["anna"], True)
    assert (first["people"][0]["extension"], first["people"][0]["team"]) == ("1001", "blue")

    call = centre.customer("13800138000").calls("support")
    call.rings(bo, "support")  # nothing of it reaches this lead
    call.leaves(bo)
    call.rings(anna, "support")
    change = await lena.sees("team")
    assert (users(change), change["whole"]) == (["anna"], False)
    assert [(one["queue"], one["state"]) for one in change["people"][0]["calls"]] == [("support", "alerting")]
    call.is_answered_by(anna)
    change = await lena.sees("team")
    assert [(one["state"], one["shown"]) for one in change["people"][0]["calls"]] == [("connected", "138 0013 8000")]

    await lena.asks("team.unwatch")
    call.hangs_up()
    assert "team" not in await lena.meanwhile()


async def test_a_move_to_another_team_is_seen_at_once_by_both_leads(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    await joins(centre, anna, "blue")
    lena, rolf = await lead_of(centre, "blue"), await lead_of(centre, "red", "rolf")
    for lead in (lena, rolf):
        await lead.says("team.watch")
        await lead.sees("team", whole=True)

    await joins(centre, anna, "red")

    assert (await lena.sees("team"))["gone"] == ["anna"]
    assert users(await rolf.sees("team")) == ["anna"]


async def test_a_lead_who_is_moved_sees_the_new_team_and_no_more_the_old_one(centre: Centre) -> None:
    anna, bo = await centre.agent("anna", extension="1001"), await centre.agent("bo", extension="1002")
    await joins(centre, anna, "blue")
    await joins(centre, bo, "red")
    lena = await lead_of(centre, "blue")
    await lena.says("team.watch")
    await lena.sees("team", whole=True)

    await joins(centre, lena, "red")

    change = await lena.sees("team")
    assert (users(change), change["gone"]) == (["bo"], ["anna"])


async def test_only_leads_may_watch(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    await joins(centre, anna, "blue")
    assert (await anna.asks("team.watch"))["code"] == "not_allowed"
    admin = await centre.person("ada", role="admin")
    await admin.opens()
    assert (await admin.asks("team.watch"))["code"] == "not_allowed"


async def test_a_screen_that_resumes_is_told_what_changed_meanwhile_and_a_lost_one_is_forgotten(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    await joins(centre, anna, "blue")
    lena = await lead_of(centre, "blue")
    session = lena.frames[0]["session"]
    await lena.says("team.watch")
    seq = (await lena.sees("team"))["seq"]
    await lena.closes()

    centre.customer("13800138000").calls("support").rings(anna, "support")

    first = await lena.opens(f"{session}.{seq}")
    assert first["type"] == "resumed"
    assert users(await lena.sees("team")) == ["anna"]
    centre.web.hub.sign_out(user="lena")
    await joins(centre, anna, "red")
    assert centre.web.team.watchers == 0
