"""The command line for customers: cti customers import | export | duplicates | merge | unmerge | disclose | erase."""

import asyncio
import gc
import getpass
import os
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cti import settings as cfg

if TYPE_CHECKING:
    from cti.staff import AuditAction

app = typer.Typer(no_args_is_help=True, help="Customers: import, export, duplicates, one person's data.")

Config = Annotated[Path, typer.Option("--config", help="The settings, such as /etc/cti/cti.toml.")]
T = TypeVar("T")

NICENESS = 10  # live work goes before


def settings_of(path: Path) -> cfg.Settings:
    """Return the settings, or print every fault in them and end with exit code 2."""
    try:
        return cfg.load(path)
    except cfg.BadSettings as bad:
        typer.echo(str(bad), err=True)
        raise typer.Exit(2) from None


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* comes to, or print why it cannot be done and end with exit code 1."""
    from cti.exchange.encodings import BadFile
    from cti.exchange.exporting import TooManyRows
    from cti.exchange.jobs import ImportTaken
    from cti.ports import StorageDown, StorageRefused

    with suppress(OSError):
        os.nice(NICENESS)
    gc.freeze()
    gc.set_threshold(200_000, 50, 1_000)  # rows come and go; looking for circles among them finds none
    try:
        return asyncio.run(work)
    except (BadFile, TooManyRows) as problem:
        typer.echo(str(problem), err=True)
    except ImportTaken as problem:
        typer.echo(f"{problem}: another process is importing this file now", err=True)
    except (StorageDown, StorageRefused, ValueError) as problem:
        typer.echo(f"database: {problem}", err=True)
    except OSError as problem:
        typer.echo(f"{problem.filename or ''}: {problem.strerror or problem}", err=True)
    raise typer.Exit(1)


def me() -> str:
    """Return who is at this terminal, as history and audit name them."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


async def audited(db: Any, action: "AuditAction", what: str) -> None:
    from cti.staff import AuditEntry
    from cti.storage.audit import SqlAuditLog

    await SqlAuditLog(db).add(AuditEntry(datetime.now(UTC), me(), action, "", what))


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV (UTF-8, UTF-16, GB18030) or XLSX; the first row names the columns.")
    ],
    config: Config,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="HEADING=FIELD, also several times; FIELD 'skip' leaves it out.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, and do nothing.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Change customers who are there to what the file says.")
    ] = False,
    encoding: Annotated[str, typer.Option(help="Of a CSV file, where it is not recognised.")] = "",
    report: Annotated[Path | None, typer.Option(help="Where refused rows go; else FILE.refused.csv")] = None,
) -> None:
    """Import customers, also while the service runs. Killed or interrupted, the same command goes on where it was."""
    from cti.cli_progress import imported

    settings = settings_of(config)
    told = {}
    for pair in mapping or ():
        heading, equals, field = pair.rpartition("=")
        if not equals:
            typer.echo(f"--map {pair}: write HEADING=FIELD", err=True)
            raise typer.Exit(2)
        told[heading.strip()] = field.strip()
    finish(imported(settings, file, told, dry=dry_run, update=update, encoding=encoding, report=report))


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="FILE.csv or FILE.xlsx")],
    config: Config,
) -> None:
    """Write all customers to a file that can be imported again, also while the service runs."""
    from cti.cli_progress import exported

    settings = settings_of(config)
    if file.suffix.lower() not in (".csv", ".xlsx"):
        typer.echo(f"{file}: the name must end in .csv or .xlsx", err=True)
        raise typer.Exit(2)
    finish(exported(settings, file))


Customer = Annotated[int, typer.Argument(help="The customer's id.")]


@app.command()
def duplicates(config: Config, limit: Annotated[int, typer.Option(help="So many pairs at most.")] = 200) -> None:
    """List customers who may be one, with the reasons."""
    from cti import cli_persons

    finish(cli_persons.duplicates(settings_of(config), limit))


@app.command()
def merge(
    kept: Annotated[int, typer.Argument(help="The customer that remains.")],
    gone: Annotated[int, typer.Argument(help="The one that becomes part of it.")],
    config: Config,
) -> None:
    """Make one customer of two. It can be undone: cti customers unmerge."""
    from cti import cli_persons

    finish(cli_persons.merge(settings_of(config), kept, gone))


@app.command()
def unmerge(merge: Annotated[int, typer.Argument(help="The number of the merge.")], config: Config) -> None:
    """Part two customers again; what was changed since stays with the one that was kept."""
    from cti import cli_persons

    finish(cli_persons.unmerge(settings_of(config), merge))


@app.command()
def disclose(
    customer: Customer, file: Annotated[Path, typer.Argument(help="A new JSON file.")], config: Config
) -> None:
    """Write all that is kept of one person to a file, for that person (PIPL 45, GDPR 15 and 20)."""
    from cti import cli_persons

    finish(cli_persons.disclose(settings_of(config), customer, file))


@app.command()
def erase(
    customer: Customer,
    config: Config,
    basis: Annotated[str, typer.Option(help="Who asked, when and how: it stands in the certificate.")],
    certificate: Annotated[Path, typer.Option(help="A new JSON file for the certificate.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase one person everywhere (PIPL 47, GDPR 17). Calls stay in the figures, without who it was."""
    from cti import cli_persons

    settings = settings_of(config)
    if certificate.exists():
        typer.echo(f"{certificate} is there already", err=True)
        raise typer.Exit(2)
    if not yes:
        typer.confirm(f"Erase customer {customer}? This cannot be undone", abort=True)
    finish(cli_persons.erase(settings, customer, basis, certificate))
