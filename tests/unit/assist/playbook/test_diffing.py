"""What is different between two versions."""

from cti.assist.playbook.diffing import diff
from tests.unit.assist.playbook.test_playbook_files import GOOD, compiled, node


def test_nothing_is_different_but_space() -> None:
    assert diff(compiled(GOOD), compiled(GOOD.replace("\n## done", "\n\n// the end\n## done"))) == ()


def test_what_was_added_changed_and_removed() -> None:
    after = GOOD.replace("您好", "你好").replace("No -> start", "No -> other") + node("other", "end: no")
    assert [str(change) for change in diff(compiled(GOOD), compiled(after))] == [
        "~ start zh: 您好 → 你好",
        "~ start answer no: 不好 | No -> start → 不好 | No -> other",
        "+ other",
    ]
    assert str(diff(compiled(after), compiled(GOOD))[-1]) == "- other"
