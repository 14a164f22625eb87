"""The command line: cti run | check | migrate | replay | user | customers | forms | playbook."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from cti import settings as cfg
from cti.cli_customers import app as customers
from cti.cli_playbooks import forms, playbook
from cti.cli_simulate import simulate

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
user = typer.Typer(no_args_is_help=True, help="People who may log in.")
app.add_typer(user, name="user")
app.add_typer(customers, name="customers")
app.add_typer(forms, name="forms")
app.add_typer(playbook, name="playbook")
app.command()(simulate)

Config = Annotated[Path, typer.Option("--config", help="The settings, such as /etc/cti/cti.toml.")]


def main() -> None:
    app()


def _settings(path: Path) -> cfg.Settings:
    """Return the settings, or print every fault in them and end with exit code 2."""
    try:
        return cfg.load(path)
    except cfg.BadSettings as bad:
        typer.echo(str(bad), err=True)
        raise typer.Exit(2) from None


def _fail(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)


@app.command()
def run(config: Config) -> None:
    """Run the service until SIGTERM or Ctrl-C."""
    import uvloop

    from cti import interpreter, logs
    from cti.app import serve
    from cti.ports import StorageDown
    from cti.storage.upkeep import DatabaseInUse

    settings = _settings(config)
    logs.set_up(settings.log)
    interpreter.calm()
    url = f"http://{settings.web.host}:{settings.web.port}"

    def told(secret: str | None) -> None:
        # To the terminal and nowhere else: a log is kept, and read by many.
        if secret:
            print(f"first log-in at {url}: user admin, one-time password {secret}", file=sys.stderr, flush=True)
        print(f"serving {url}", flush=True)

    try:
        uvloop.run(serve(settings, told=told))
    except (DatabaseInUse, StorageDown, ValueError) as problem:
        raise _fail(f"database: {problem}") from None
    except OSError as problem:
        raise _fail(f"cannot serve {url}: {problem.strerror or problem}") from None


@app.command()
def check(config: Config) -> None:
    """Tell everything that is wrong with settings, database and Asterisk, in one go; exit 1 if anything is."""
    from cti.check import findings_of

    settings = _settings(config)
    wrong = False
    for finding in asyncio.run(findings_of(settings)):
        wrong = wrong or finding.level == "error"
        typer.echo(f"{finding.level:7} {finding.part}: {finding.text}")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def migrate(config: Config) -> None:
    """Bring the database up to date, with a copy of it first; `run` does so too."""
    from cti.ports import StorageDown
    from cti.storage.migrate import migrate as bring_up_to_date
    from cti.storage.upkeep import DatabaseInUse

    settings = _settings(config)
    try:
        done = asyncio.run(bring_up_to_date(settings.database.url, Path(settings.database.backup_folder)))
    except (DatabaseInUse, StorageDown, ValueError) as problem:
        raise _fail(f"database: {problem}") from None
    if done.before == done.after:
        typer.echo(f"up to date: {done.after}")
    else:
        kept = f", copy kept at {done.backup}" if done.backup else ""
        typer.echo(f"migrated from {done.before or 'nothing'} to {done.after}{kept}")


@app.command()
def replay(
    captures: Annotated[list[Path], typer.Argument(help="Raw bytes of successive AMI connections to one Asterisk.")],
    agents: Annotated[str, typer.Option(help="Agents' phones: PJSIP/1001,PJSIP/1002")] = "",
    supervisors: Annotated[str, typer.Option(help="Supervisors' phones: PJSIP/1901")] = "",
    trunks: Annotated[str, typer.Option(help="The customers' side: PJSIP/trunk")] = "",
) -> None:
    """Print the call events and call records in recorded AMI streams, one JSON object a line."""
    from connectors.ami.capture import facts_of, is_capture
    from cti.calls.parties import Parties
    from cti.services.replay import lines_of

    def devices(listed: str) -> list[str]:
        return [device.strip() for device in listed.split(",") if device.strip()]

    unusable = False
    for path in captures:
        if not path.is_file():
            typer.echo(f"{path}: no such file", err=True)
            unusable = True
        elif not is_capture(path):
            typer.echo(f"{path}: nothing that Asterisk's manager interface said", err=True)
            unusable = True
    if unusable:
        raise typer.Exit(2)
    parties = Parties(agents=devices(agents), supervisors=devices(supervisors), trunks=devices(trunks))
    for line in lines_of(facts_of(captures), parties):
        sys.stdout.write(line.decode() + "\n")


@user.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="For logging in.")],
    config: Config,
    display_name: Annotated[str, typer.Option("--display-name", help="As colleagues see it.")] = "",
    role: Annotated[str, typer.Option(help="agent, lead, supervisor, inspector or admin.")] = "agent",
    device: Annotated[str, typer.Option(help="The phone: PJSIP/1001.")] = "",
) -> None:
    """Make a person and print the password to be changed at the first log-in. Not while the service runs on SQLite."""
    from cti.people import PersonRefused, add_person
    from cti.ports import StorageDown
    from cti.storage.upkeep import DatabaseInUse

    settings = _settings(config)
    try:
        password = asyncio.run(add_person(settings, name, display_name=display_name or name, role=role, device=device))
    except DatabaseInUse:
        raise _fail("the service is running and has the database: use its page People") from None
    except (PersonRefused, StorageDown, ValueError) as problem:
        raise _fail(str(problem)) from None
    typer.echo(password)


if __name__ == "__main__":
    main()
