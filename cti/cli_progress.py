"""Imports and exports with a progress bar, and what is told at their end."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cti.cli_customers import audited, me
from cti.exchange import exporting, importing
from cti.exchange.columns import SKIP
from cti.exchange.encodings import examine
from cti.exchange.jobs import ImportJob
from cti.settings import Settings
from cti.storage.beside import open_beside
from cti.storage.bulk import SqlImportStore
from cti.storage.customer_pages import SqlCustomerPages

console = Console()


def size_of(file: Path) -> int:
    return file.stat().st_size


def bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True
    )


async def imported(
    settings: Settings,
    file: Path,
    told: Mapping[str, str],
    *,
    dry: bool,
    update: bool,
    encoding: str,
    report: Path | None,
) -> None:
    with bar() as progress:
        task = progress.add_task("reading", total=size_of(file))
        kind = examine(file, encoding=encoding, advance=lambda count: progress.advance(task, count))
    plan = importing.plan(
        file, kind, region=settings.site.region, told=told, own=settings.customer_field, update=update, who=me()
    )
    report = report or file.with_name(file.name + ".refused.csv")
    if dry:
        console.print(_mapping_of(plan))
    async with open_beside(settings.database.url, backups=Path(settings.database.backup_folder)) as db:
        store = SqlImportStore(db)
        figures = importing.Figures()
        with bar() as progress:
            task = progress.add_task("dry run" if dry else "importing", total=kind.lines or None)

            def advance(count: int) -> None:
                progress.advance(task, count)

            if dry:
                job = await importing.dry_run(plan, store, report, advance=advance)
            else:
                job = await importing.run(plan, store, report, advance=advance, figures=figures)
        if not dry and figures.batches:
            what = f"{job.file}: {job.added} added, {job.updated} changed, {job.known} known, {job.refused} refused"
            await audited(db, "customers.import", what)
    _tell(job, report, dry=dry, again=not dry and not figures.batches)


async def exported(settings: Settings, file: Path) -> None:
    async with open_beside(settings.database.url, backups=Path(settings.database.backup_folder)) as db:
        pages = SqlCustomerPages(db)
        await audited(db, "customers.export", file.name)
        with bar() as progress:
            task = progress.add_task("exporting", total=await pages.count())
            count = await exporting.export(
                pages.all(), file, settings.customer_field, advance=lambda done: progress.advance(task, done)
            )
    console.print(Text(f"{count:,} customers in {file}"))


def _mapping_of(plan: importing.Plan) -> Table:
    table = Table(title=Text(f"{plan.path.name}: {plan.kind.kind} {plan.kind.encoding}".strip()))
    for heading in ("column", "field", ""):
        table.add_column(heading)
    for column in plan.columns:
        how = "told" if column.told else "not imported" if column.field == SKIP else "guessed"
        table.add_row(Text(column.heading), column.field, how)
    return table


def _tell(job: ImportJob, report: Path, *, dry: bool, again: bool) -> None:
    if again and job.rows_done:
        console.print(Text(f"imported before, at {job.finished_at:%Y-%m-%d %H:%M} UTC; nothing was done"))
    would = "would be " if dry else ""
    console.print(f"{job.rows_done:,} rows: {job.added:,} {would}added, {job.updated:,} {would}changed,")
    console.print(f"  {job.known:,} there already, {job.refused:,} refused")
    if job.refused:
        console.print(Text(f"refused rows, each with its reason: {report}"))
