"""Playbook files, and each fault that the linter finds, with its line and column."""

import pytest

from cti.assist.faults import Fault, is_bad
from cti.assist.playbook.compiling import Known, compile_playbook, version_of
from cti.assist.playbook.model import Playbook

HEAD = "---\ntitle: 试 | Try\n---\n"
CARD = "key: x\nnext: return"
TRY = "---\ntitle: 试 | Try\n"
LAW = "---\ntitle: 试 | Try\nrequired:\n- law: 法 | law\n---\n"
LAW_BEFORE_Y = LAW.replace("law\n-", "law -> y\n-")
GOOD = (
    HEAD
    + """## start 开始 | Start
zh: 您好
en: Hello
ask: ok 好吗 | All right
- yes: 好 | Yes -> done
- no: 不好 | No -> start
## done 结束 | Done
zh: 再见
en: Goodbye
end: sold
"""
)


def compiled(text: str, known: Known | None = None) -> Playbook:
    playbook, faults = compile_playbook("try", "try.md", text, known=known)
    assert playbook is not None, "\n".join(map(str, faults))
    return playbook


def faults_in(text: str, known: Known | None = None) -> tuple[Fault, ...]:
    playbook, faults = compile_playbook("try", "try.md", text, known=known)
    assert (playbook is None) == is_bad(faults)
    for fault in faults:
        assert fault.said("zh")
        assert str(fault).startswith("try.md:")
    return faults


def node(name: str, more: str, *, said: str = "好 | Good") -> str:
    zh, _, en = said.partition(" | ")
    return f"## {name} 题 | Title\nzh: {zh}\nen: {en}\n{more}\n"


def test_a_good_playbook() -> None:
    playbook = compiled(GOOD)
    assert playbook.start == "start"
    assert list(playbook.nodes) == ["start", "done"]
    question = playbook.nodes["start"].question
    assert question is not None
    assert [(answer.value, answer.label.zh, answer.to) for answer in question.answers] == [
        ("yes", "好", "done"),
        ("no", "不好", "start"),
    ]


def test_the_version_is_that_of_the_text() -> None:
    assert version_of(GOOD) == version_of("\ufeff" + GOOD.replace("\n", "  \r\n"))
    assert version_of(GOOD) != version_of(GOOD.replace("您好", "你好"))
    assert compiled(GOOD).version == version_of(GOOD)


END = node("done", "end: sold")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (HEAD + node("a", "next: b") + END, "unknown_node", (7, 7)),
        (HEAD + node("a", "") + END, "dead_end", (4, 4)),
        (HEAD + node("a", "next: done") + node("lost", "next: done") + END, "unreachable", (8, 4)),
        (HEAD + node("a", "next: b") + node("b", "next: a"), "no_exit", (4, 4)),
        (HEAD + node("a", "if: x = 1 -> done\nnext: done") + END, "condition_name", (7, 5)),
        (HEAD + node("a", "ask: q 问 | Q\n- y: 是 | Y\nif: q = z -> a\nnext: done") + END, "condition_value", (9, 5)),
        (HEAD + node("a", "if: queue = -> done\nnext: done") + END, "condition_syntax", (7, 12)),
        (HEAD + node("a", "if: queue = s -> done") + END, "may_stop", (4, 4)),
        (HEAD + node("a", "next: done", said="您好{who} | Hello") + END, "unset", (5, 7)),
        (HEAD + node("a", "next: done", said="您好{who | Hello") + END, "bad_template", (5, 7)),
        (HEAD + node("a", "colour: red\nnext: done") + END, "unknown_key", (7, 1)),
        (HEAD + node("a", "next: done\nnext: done") + END, "twice", (8, 1)),
        (HEAD + node("a", "next: a2") + node("a2", "next: done") * 2 + END, "twice", (12, 4)),
        (HEAD + node("a", "next: return") + END, "return_outside", (7, 7)),
        (HEAD + node("a", "next: c") + node("!c", "key: x\nnext: return") + END, "jump_to_card", (7, 7)),
        (HEAD + node("a", "end: x") + node("!c", CARD) + node("!d", CARD), "key_taken", (13, 5)),
        (HEAD + node("a", "end: x") + node("!c", "key: 1\nnext: return"), "wrong_value", (11, 6)),
        (HEAD + node("a", "do: dance\nend: x"), "unknown_action", (7, 5)),
        (HEAD + node("a", "do: transfer\nend: x"), "action_needs", (7, 5)),
        (HEAD + node("a", "do: open_form moon\nend: x"), "unknown_form", (7, 5)),
        (HEAD + node("a", "says: law\nend: x"), "unknown_statement", (4, 4)),
        (HEAD + node("a", "end: x\nnext: a"), "end_goes_on", (4, 4)),
        (HEAD + node("a", "ask: q 问 | Q\nnext: done") + END, "no_answers", (7, 6)),
        (HEAD + node("a", "ask: q (number) 问 | Q\n- yes: 是 | Yes\nnext: done") + END, "answers_for_choice", (8, 1)),
        (HEAD + node("a", "ask: q 问 | Q\n- y: 是 | Y -> done\n- n: 否 | N") + END, "dead_answer", (9, 3)),
        (HEAD + node("a", "fills: name\nend: x"), "no_question", (7, 1)),
        (HEAD + "## a 题 | Title\nzh: 好\nend: x\n", "missing_language", (4, 4)),
        (HEAD + "## a 题\nzh: 好\nen: Good\nend: x\n", "missing_language", (4, 6)),
        (HEAD + "hello\n" + node("a", "end: x"), "stray_text", (4, 1)),
        (HEAD + "## A 题 | Title\nzh: 好\nen: Good\nend: x\n", "wrong_name", (4, 4)),
        (TRY + "forbidden: 保证\n---\n" + node("a", "end: x", said="我保证 | Good"), "forbidden", (6, 6)),
        (TRY + "start: b\n---\n" + node("a", "end: x"), "no_start", (3, 8)),
        (LAW + node("a", "end: x"), "never_said", (4, 3)),
        (LAW_BEFORE_Y + node("a", "says: law\nend: x", said="法 | law"), "unknown_end", (4, 3)),
        (LAW + node("a", "says: law\nend: x", said="无 | law"), "unsaid_words", (7, 5)),
        (TRY + "longest: 1\n---\n" + node("a", "end: x", said="一二三四五六 | One"), "too_long", (6, 5)),
        (TRY + "fields: name\n---\n" + node("a", "end: x", said="您好{name} | Hello"), "maybe_empty", (6, 7)),
        (TRY + "languages: fr\n---\n" + node("a", "end: x"), "wrong_value", (3, 12)),
        ("---\nlanguages: zh\n---\n## a 题\nzh: 好\nend: x\n", "missing_key", (1, 1)),
        (node("a", "end: x"), "no_head", (1, 1)),
        (HEAD, "no_nodes", (1, 1)),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(text: str, code: str, place: tuple[int, int]) -> None:
    found = faults_in(text, Known(forms=["renewal"]))
    assert (code, *place) in [(fault.code, fault.place.line, fault.place.column) for fault in found]


def test_a_statement_that_is_missing_on_some_way_is_told_with_the_way() -> None:
    head = "---\ntitle: 试 | Try\nrequired:\n- law: 法 | law -> sold\n---\n"
    text = (
        head
        + node("a", "ask: q 问 | Q\n- y: 是 | Y -> b\n- n: 否 | N -> c\n- x: 停 | X -> off")
        + node("b", "says: law\nnext: c", said="法 | law")
        + node("c", "end: sold")
        + node("off", "end: stopped")
    )
    (fault,) = faults_in(text)
    assert (fault.code, fault.values["path"]) == ("missing_statement", "a > c")
    assert not faults_in(text.replace("- n: 否 | N -> c", "- n: 否 | N -> b"))


def test_a_card_can_come_before_anything_is_said() -> None:
    head = "---\ntitle: 试 | Try\nrequired:\n- law: 法 | law\n---\n"
    text = head + node("a", "next: b") + node("b", "says: law\nnext: c", said="法 | law") + node("c", "end: sold")
    assert not faults_in(text)
    (fault,) = faults_in(text + node("!stop", "key: s\nnext: c"))
    assert (fault.code, fault.values["path"]) == ("missing_statement", "stop > c")


def test_an_answer_that_is_not_known_on_some_way() -> None:
    text = (
        HEAD
        + node("a", "ask: q 问 | Q\n- y: 是 | Y -> b\n- n: 否 | N -> c")
        + node("b", "ask: age (number) 年龄 | Age\nnext: c")
        + node("c", "end: sold", said="您{age}岁 | You are old")
    )
    (fault,) = faults_in(text)
    assert (fault.code, fault.values["path"]) == ("maybe_unset", "a > c")
    assert not faults_in(text.replace("{age}", "{age:多少}"))
    assert not faults_in(text.replace("您{age}岁", "您好[，{age}岁]"))


def test_nodes_that_only_decide_cannot_go_round() -> None:
    text = HEAD + node("a", "next: x") + "## x 甲 | X\nif: queue = s -> done\nnext: y\n## y 乙 | Y\nnext: x\n" + END
    assert [(fault.code, fault.values["path"]) for fault in faults_in(text)] == [("silent_loop", "x > y > x")]


def test_all_faults_are_told_in_one_go() -> None:
    found = faults_in(
        HEAD + node("a", "next: nowhere", said="{x} | {y") + node("lost", "end: x") + node("b", "do: sing\nnext: b")
    )
    assert [fault.code for fault in found] == [
        "unset", "bad_template", "unknown_node", "unreachable", "unreachable", "unknown_action",
    ]  # fmt: skip


def test_chinese_punctuation_and_arrows_are_understood() -> None:
    text = GOOD.replace("ask: ", "ask： ").replace("- yes: 好 | Yes -> done", "- yes：好 | Yes → done")
    assert compiled(text).nodes == compiled(GOOD).nodes
