"""The tree of outcomes, from a file that a team lead wrote."""

from pathlib import Path

import pytest

from cti.assist.outcomes import Outcomes, compile_outcomes, lacks, outcomes_for

SHIPPED = Path(__file__).parents[3] / "config" / "outcomes"

TEXT = """
title = { zh = "结果", en = "Outcomes" }
queues = ["sales"]
[[outcome]]
code = "open"
label = { zh = "跟进中", en = "Open" }
[[outcome]]
code = "callback"
label = { zh = "回电", en = "Call back" }
under = "open"
needs = ["callback", "note"]
[[outcome]]
code = "complaint"
label = { zh = "投诉", en = "Complaint" }
needs = ["ticket"]
ticket = "complaint"
"""


def made(text: str = TEXT) -> Outcomes:
    found, faults = compile_outcomes("sales", "sales.toml", text)
    assert found is not None, faults
    return found


def faults_in(text: str) -> list[tuple[int, str, str]]:
    _, faults = compile_outcomes("sales", "sales.toml", text, queues=["sales"])
    return [(fault.place.line, fault.severity, fault.code) for fault in faults]


def test_only_leaves_can_be_chosen() -> None:
    outcomes = made()
    assert [leaf.code for leaf in outcomes.leaves()] == ["callback", "complaint"]
    assert outcomes.leaf("open") is None
    assert outcomes.leaf("callback") is not None
    assert outcomes.leaf("nothing") is None


def test_an_outcome_tells_what_it_still_needs() -> None:
    callback = made().leaf("callback")
    assert callback
    assert lacks(callback, note=" ", callback=False, ticket=False) == ("callback", "note")
    assert lacks(callback, note="at ten", callback=True, ticket=False) == ()


def test_a_queue_has_its_own_outcomes_or_those_for_all() -> None:
    sales = made()
    for_all = made(TEXT.replace('["sales"]', "[]"))
    assert outcomes_for("sales", [for_all, sales]) is sales
    assert outcomes_for("support", [for_all, sales]) is for_all
    assert outcomes_for("", [for_all, sales]) is for_all
    assert outcomes_for("support", [sales]) is None


def test_every_fault_is_told_at_its_place() -> None:
    assert faults_in(TEXT.replace('under = "open"', 'under = "closed"')) == [(10, "error", "unknown_outcome")]
    assert faults_in(TEXT.replace('code = "open"', 'code = "open"\nunder = "callback"')) == [
        (6, "error", "outcome_loop"),
        (11, "error", "outcome_loop"),
    ]
    assert faults_in(TEXT.replace('"complaint"\nlabel', '"callback"\nlabel')) == [(13, "error", "twice")]
    assert faults_in(TEXT.replace('ticket = "complaint"\n', "")) == [(15, "error", "missing_key")]
    assert faults_in(TEXT.replace('["sales"]', '["sails"]')) == [(3, "warning", "unknown_queue")]
    assert faults_in(TEXT.replace('needs = ["ticket"]', 'needs = ["tickets"]')) == [(15, "error", "wrong_value")]
    assert faults_in('title = { zh = "空", en = "Empty" }') == [(1, "error", "no_outcomes")]


def test_another_text_is_another_version() -> None:
    assert made().version == made().version
    assert made().version != made(TEXT + "\n").version


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_files_are_good(path: Path) -> None:
    found, faults = compile_outcomes(path.stem, str(path), path.read_text(), queues=["sales", "support"])
    assert found is not None
    assert faults == ()
