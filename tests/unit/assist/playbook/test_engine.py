"""A talk led by a playbook."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.playbook import engine as ng
from cti.assist.playbook.engine import (
    Answered,
    Facts,
    NotPossible,
    Objected,
    Resumed,
    Returned,
    Run,
    SteppedBack,
    WentOn,
)
from cti.assist.playbook.model import Playbook
from tests.unit.assist.playbook.examples import PLAYBOOKS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FACTS = Facts({"name": "王芳", "no_claim_years": 5, "premium": "4200"}, agent="8001", zone=ZoneInfo("Asia/Shanghai"))
RENEWAL = PLAYBOOKS["insurance-renewal"]


def led(*events: ng.TalkEvent, facts: Facts = FACTS, playbook: Playbook = RENEWAL) -> tuple[Run, tuple[ng.Effect, ...]]:
    run, effects = ng.begin(playbook, NOW, facts)
    for event in events:
        run, effects = ng.apply(playbook, run, event, facts)
    return run, effects


def test_a_talk_from_start_to_end() -> None:
    run, effects = led(*(Answered(NOW, value) for value in ("owner", "no", "12000", "yes")))
    assert run.node == "exclusions"
    assert not effects
    run, effects = led(
        *(Answered(NOW, value) for value in ("owner", "no", "12000", "yes")),
        WentOn(NOW),
        Answered(NOW, "yes"),
        Answered(NOW, "ok"),
    )
    assert effects == (ng.OutcomeSuggested("renewed", ()),)
    assert run.outcome == "renewed"
    assert run.said == ("recording", "identity", "exclusions", "waiting_period")
    assert run.answers["mileage"] == "12000"
    with pytest.raises(NotPossible, match="at_the_end"):
        ng.apply(RENEWAL, run, WentOn(NOW), FACTS)


def test_an_answer_fills_the_customers_field_and_branches() -> None:
    run, effects = led(*(Answered(NOW, value) for value in ("owner", "no", "40000")))
    assert effects == (ng.FieldFilled("mileage", "40000"),)
    assert run.node == "offer-full"


def test_time_decides_too() -> None:
    facts = msgspec.structs.replace(FACTS, customer={"expires_on": "2026-11-23"})
    assert led(Answered(NOW, "owner"), facts=facts)[0].node == "lapsed"
    facts = msgspec.structs.replace(FACTS, customer={"expires_on": "2026-11-24"})
    assert led(Answered(NOW, "owner"), facts=facts)[0].node == "remind"


def test_an_action_is_due_when_its_node_is_entered() -> None:
    assert led(Answered(NOW, "busy"))[1] == (ng.ActionDue("book_callback", ""),)


def test_what_is_said_has_the_customers_data() -> None:
    run, _ = led()
    assert ng.text_of_node(RENEWAL, run, "zh", FACTS, NOW).startswith(
        "上午好，请问是王芳吗？我是平安出行保险服务中心的客服，工号8001"
    )
    nobody = ng.text_of_node(RENEWAL, run, "zh", Facts(agent="8001"), NOW)
    assert nobody.startswith("上午好，请问是车主吗？")


def test_an_objection_returns_to_the_same_place() -> None:
    run, _ = led(Answered(NOW, "owner"), Objected(NOW, "p"))
    assert (run.node, run.place) == ("expensive", "remind")
    run, _ = led(Answered(NOW, "owner"), Objected(NOW, "p"), Objected(NOW, "c"), WentOn(NOW))
    assert (run.node, run.place) == ("remind", "")


def test_a_card_may_lead_out_of_the_talk() -> None:
    run, effects = led(Objected(NOW, "h"), Answered(NOW, "stop"))
    assert run.node == "stop-calling"
    assert effects == (ng.ActionDue("do_not_call", ""), ng.OutcomeSuggested("do_not_call", ("recording", "identity")))


def test_stepping_back_keeps_the_answers() -> None:
    run, _ = led(Answered(NOW, "owner"), Answered(NOW, "no"), SteppedBack(NOW))
    assert run.node == "remind"
    assert run.answers == {"reached": "owner", "renewed_already": "no"}


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([Answered(NOW, "maybe")], "no_such_answer"),
        ([WentOn(NOW)], "needs_answer"),
        ([Returned(NOW)], "no_card_open"),
        ([SteppedBack(NOW)], "at_the_start"),
        ([Objected(NOW, "z")], "no_such_card"),
        ([Answered(NOW, "owner"), Answered(NOW, "no"), Answered(NOW, "many")], "not_a_number"),
        ([Objected(NOW, "p"), Answered(NOW, "yes")], "no_question"),
    ],
)
def test_what_does_not_fit_is_refused(events: list[ng.TalkEvent], code: str) -> None:
    with pytest.raises(NotPossible, match=code):
        led(*events)


def test_a_run_belongs_to_its_version() -> None:
    run, _ = led()
    with pytest.raises(NotPossible, match="other_version"):
        ng.apply(PLAYBOOKS["satisfaction-survey"], run, WentOn(NOW), FACTS)


def test_time_at_each_node() -> None:
    def at(seconds: int) -> datetime:
        return NOW + timedelta(seconds=seconds)

    run, _ = led(Objected(at(5), "p"), Returned(at(12)), Answered(at(20), "owner"), Resumed(at(100)))
    times = ng.seconds_at(run, until=at(110))
    assert times == {"greeting": 13.0, "expensive": 7.0, "remind": 90.0}


events = st.one_of(
    st.builds(
        Answered,
        st.just(NOW),
        st.sampled_from(
            ["owner", "yes", "no", "busy", "think", "ok", "12000", "40000", "agreed", "s5", "s1", "primary", "x"]
        ),
    ),
    st.builds(WentOn, st.just(NOW)),
    st.builds(Objected, st.just(NOW), st.sampled_from("pcthfkbqws")),
    st.builds(Returned, st.just(NOW)),
    st.builds(SteppedBack, st.just(NOW)),
    st.builds(Resumed, st.just(NOW)),
)
customers = st.fixed_dictionaries(
    {}, optional={"grade": st.just("3"), "expires_on": st.sampled_from(["2020-01-01", "2030-01-01"]), "name": st.text()}
)


@given(st.sampled_from(sorted(PLAYBOOKS)), st.lists(events, max_size=40), customers)
def test_any_events_keep_the_talk_at_a_node_and_objections_return(
    name: str, happened: list[ng.TalkEvent], customer: dict[str, str]
) -> None:
    playbook, facts = PLAYBOOKS[name], Facts(customer)
    run, _ = ng.begin(playbook, NOW, facts)
    for event in happened:
        before = run
        try:
            run, effects = ng.apply(playbook, run, event, facts)
        except NotPossible:
            effects = ()
        node = playbook.nodes[run.node]
        assert not node.is_silent
        assert node.card == bool(run.place)
        assert run.outcome == node.end
        assert len(run.path) >= len(before.path)
        assert all(not playbook.nodes[step].card for step in run.trail)
        for language in playbook.languages:
            ng.text_of_node(playbook, run, language, facts, NOW)
        if any(isinstance(effect, ng.OutcomeSuggested) for effect in effects):
            assert node.end
        if run.place:  # from any card one comes back to the very same place
            home, _ = ng.apply(playbook, run, Returned(NOW), facts)
            assert (home.node, home.place, home.trail) == (run.place, "", run.trail)
        if isinstance(event, Objected) and run is not before and run.place:
            assert run.place == (before.place or before.node)
        assert msgspec.json.decode(msgspec.json.encode(run), type=Run) == run
