"""The command line for what team leads write: cti forms check | schema, cti playbook check | walk | diff."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cti.assist.faults import Fault, Language, is_bad

forms = typer.Typer(no_args_is_help=True, help="Forms: check them, see their JSON Schema.")
playbook = typer.Typer(no_args_is_help=True, help="Playbooks: check them, try one, compare two.")


class Tongue(StrEnum):
    zh = "zh"
    en = "en"


Files = Annotated[list[Path], typer.Argument(help="One file each.")]
Speaks = Annotated[Tongue, typer.Option("--language", help="zh or en.")]


def _told(faults: Iterable[Fault], language: Language) -> None:
    for fault in faults:
        typer.echo(fault.line(language))


@forms.command("check")
def check_forms(files: Files, language: Speaks = Tongue.en) -> None:
    """Tell everything that is wrong with forms and rules, with file, line and column; exit 1 if anything is.

    Choice trees are read from the folder trees/ beside each form. A file in a folder named rules/ is read as rules.
    """
    from cti.assist.prompts import compile_rules
    from cti.content import TREES, form_in, text_in, trees_in

    bad, told = False, set[Path]()
    for path in files:
        if path.parent.name == "rules":
            text, faults = text_in(path)
            if text is not None:
                faults = compile_rules(str(path), text)[1]
        else:
            trees, of_trees = trees_in(path.parent / TREES)
            form, faults = form_in(path, trees, None)
            if path.parent not in told:
                told.add(path.parent)
                faults = of_trees + faults
            if form is not None and not faults:
                typer.echo(f"{path}: {len(form.fields)} fields, version {form.version}")
        _told(faults, language.value)
        bad = bad or is_bad(faults)
    raise typer.Exit(1 if bad else 0)


@forms.command("schema")
def schema(file: Annotated[Path, typer.Argument(help="A form.")]) -> None:
    """Print the JSON Schema that browsers get."""
    from cti.assist.forms.schema import schema_of
    from cti.content import TREES, form_in, trees_in

    form, faults = form_in(file, trees_in(file.parent / TREES)[0], None)
    if form is None:
        _told(faults, "en")
        raise typer.Exit(1)
    typer.echo(json.dumps(schema_of(form), ensure_ascii=False, indent=2))


@playbook.command("check")
def check_playbooks(files: Files, language: Speaks = Tongue.en) -> None:
    """Tell everything that is wrong with playbooks, with file, line and column; exit 1 if anything is.

    Forms that a playbook opens are looked for in the folder forms/ beside its own.
    """
    from cti.assist.playbook.compiling import Known
    from cti.content import playbook_in

    bad = False
    for path in files:
        folder = path.resolve().parent.parent / "forms"
        known = Known(forms=[form.stem for form in folder.glob("*.toml")]) if folder.is_dir() else None
        found, faults = playbook_in(path, known)
        _told(faults, language.value)
        bad = bad or is_bad(faults)
        if found is not None:
            typer.echo(f"{path}: {len(found.nodes)} nodes, {len(found.cards())} cards, version {found.version}")
    raise typer.Exit(1 if bad else 0)


@playbook.command("diff")
def compare(before: Path, after: Path) -> None:
    """Print what is different between two versions of a playbook; exit 1 when something is."""
    from cti.assist.playbook.diffing import diff
    from cti.content import playbook_in

    found = []
    for path in (before, after):
        compiled, faults = playbook_in(path)
        if compiled is None:
            _told(faults, "en")
            raise typer.Exit(2)
        found.append(compiled)
    changes = diff(found[0], found[1])
    for change in changes:
        typer.echo(str(change))
    raise typer.Exit(1 if changes else 0)


@playbook.command("walk")
def walk(
    file: Annotated[Path, typer.Argument(help="The playbook.")],
    language: Speaks = Tongue.zh,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A field of the customer: name=王芳; also several times.")
    ] = None,
    queue: Annotated[str, typer.Option(help="The queue of the call.")] = "",
    campaign: Annotated[str, typer.Option(help="The campaign of the call.")] = "",
    zone: Annotated[str, typer.Option(help="Where the clock is read.")] = "Asia/Shanghai",
) -> None:
    """Try a playbook in the terminal: what the agent sees, step by step.

    A number or text answers, Enter goes on, a letter opens an objection card, `r` returns from it, `b` steps back,
    `q` quits.
    """
    from zoneinfo import ZoneInfo

    from cti.assist.playbook.engine import Facts
    from cti.content import playbook_in
    from cti.walking import Walk

    found, faults = playbook_in(file)
    if found is None:
        _told(faults, "en")
        raise typer.Exit(1)
    customer = dict(pair.partition("=")[::2] for pair in given or ())
    facts = Facts(customer, "1001", "13800138000", campaign, queue, ZoneInfo(zone))
    talk = Walk(found, facts, language.value, now=lambda: datetime.now(UTC))
    typer.echo(talk.shown())
    while not talk.is_over:
        try:
            line = typer.prompt("", prompt_suffix="> ", default="", show_default=False)
        except (typer.Abort, EOFError):
            break
        if line.strip() == "q":
            break
        typer.echo(talk.heard(line.strip()))
    typer.echo(talk.summary())
