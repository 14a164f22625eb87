"""The files that team leads write: those that are shipped, and what happens when one is broken."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cti.cli import app
from cti.content import Content, ContentKeeper

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("forms", "playbooks", "rules"):
        shutil.copytree(CONFIG / name, tmp_path / name)
    return tmp_path


def test_what_is_shipped_has_no_fault_and_no_warning(folder: Path) -> None:
    content = Content(folder)
    assert content.load() == (
        "form registration",
        "form renewal",
        "form survey",
        "playbook course-enrolment",
        "playbook insurance-renewal",
        "playbook satisfaction-survey",
        "registration rules",
    )
    assert content.faults == ()
    assert content.load() == ()
    tree = content.trees["cn-regions"]
    assert len(tree.branches) == 34
    below = tree.below(("浙江省", "杭州市"))
    assert below is not None
    assert "西湖区" in [branch.zh for branch in below]


def test_the_last_good_version_stays_in_use(folder: Path) -> None:
    content = Content(folder)
    content.load()
    path = folder / "playbooks" / "insurance-renewal.md"
    before = content.playbooks.active("insurance-renewal")
    assert before is not None
    good = path.read_text(encoding="utf-8")

    path.write_text(good.replace("next: remind", "next: nowhere"), encoding="utf-8")
    assert content.load() == ()
    assert "unknown_node" in [fault.code for fault in content.faults]
    assert {Path(fault.file).name for fault in content.faults} == {"insurance-renewal.md"}
    assert content.playbooks.active("insurance-renewal") is before

    path.write_text(good.replace("打扰您一分钟。", ""), encoding="utf-8")
    assert content.load() == ("playbook insurance-renewal",)
    assert content.faults == ()
    assert content.playbooks.version("insurance-renewal", before.version) is before  # calls that began with it go on

    path.unlink()
    content.load()
    assert content.playbooks.active("insurance-renewal") is None


def test_a_broken_form_or_tree_or_rule_changes_nothing(folder: Path) -> None:
    content = Content(folder)
    content.load()
    forms, rules = list(content.forms), content.rules
    (folder / "forms" / "renewal.toml").write_bytes(b"title = '\xff'")
    (folder / "forms" / "trees" / "cn-regions.txt").write_text("x", encoding="utf-8")
    (folder / "rules" / "registration.toml").write_text("[stale]\n", encoding="utf-8")
    assert content.load() == ()
    assert {fault.code for fault in content.faults} == {"not_text", "missing_key", "wrong_value"}
    assert list(content.forms) == forms
    assert content.rules == rules


def test_an_empty_folder_is_no_fault(tmp_path: Path) -> None:
    content = Content(tmp_path)
    assert content.load() == ()
    assert content.faults == ()


def test_the_command_line_checks_and_tells_the_place(folder: Path) -> None:
    run = CliRunner().invoke
    forms = [str(path) for path in sorted((folder / "forms").glob("*.toml"))]
    good = run(app, ["forms", "check", *forms, str(folder / "rules" / "registration.toml")])
    assert good.exit_code == 0, good.output
    path = folder / "playbooks" / "satisfaction-survey.md"
    path.write_text(path.read_text(encoding="utf-8").replace("next: solved", "next: moon"), encoding="utf-8")
    bad = run(app, ["playbook", "check", str(path), "--language", "zh"])
    assert bad.exit_code == 1
    assert "错误: 没有节点“moon” (unknown_node)" in bad.output
    assert run(app, ["playbook", "check", str(folder / "none.md")]).exit_code == 1
    assert '"x-check": "cn_id"' in run(app, ["forms", "schema", forms[0]]).output


def test_a_playbook_is_tried_in_the_terminal() -> None:
    path = CONFIG / "playbooks" / "satisfaction-survey.md"
    done = CliRunner().invoke(
        app, ["playbook", "walk", str(path), "--language", "en", "--set", "name=Li"], input="1\nt\nr\n5\nlate\n1\n3\n\n"
    )
    assert done.exit_code == 0, done.output
    assert "am I speaking to Li?" in done.output
    assert "Four questions, about two minutes" in done.output
    assert "answers: willing=yes, overall=s1, complaint=late, solved=yes, recommend=3" in done.output
    assert "outcome: completed" in done.output


def test_two_versions_are_compared(folder: Path) -> None:
    path = folder / "playbooks" / "satisfaction-survey.md"
    other = folder / "playbooks" / "other.md"
    other.write_text(path.read_text(encoding="utf-8").replace("祝您生活愉快", "祝您愉快"), encoding="utf-8")
    done = CliRunner().invoke(app, ["playbook", "diff", str(path), str(other)])
    assert done.exit_code == 1
    assert done.output.startswith("~ thanks zh: ")


async def test_a_changed_file_is_read_and_a_fault_is_told_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = Content(folder)
    keeper = ContentKeeper(content)
    assert await keeper.refresh()
    assert not await keeper.refresh()
    path = folder / "forms" / "survey.toml"
    before = content.forms.active("survey")
    path.write_text(path.read_text(encoding="utf-8") + '\n[[field]]\nname = "Bad"\n', encoding="utf-8")
    assert await keeper.refresh()
    (folder / "forms" / "renewal.toml").touch()
    assert await keeper.refresh()
    assert content.forms.active("survey") is before
    told = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == len(set(told)) == len(content.faults)
    assert all(f"{path}:" in line for line in told)


async def test_without_a_folder_there_is_nothing_to_read() -> None:
    content = Content()
    await ContentKeeper(content).refresh()
    assert list(content.forms) == []
    assert content.faults == ()
