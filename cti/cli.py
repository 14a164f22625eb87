"""The command line: cti run | check | migrate | replay | user."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cti import settings as cfg

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
user = typer.Typer(no_args_is_help=True, help="People who may log in.")
app.add_typer(user, name="user")

Config = Annotated[Path, typer.Option("--config", help="The settings, such as config/cti.toml.")]


def main() -> None:
    app()


def _settings(path: Path) -> cfg.Settings:
    """Return the settings, or print every fault in them and end with exit code 2."""
    try:
        return cfg.load(path)
    except cfg.BadSettings as bad:
        typer.echo(str(bad), err=True)
        raise typer.Exit(2) from None


@app.command()
def replay(
    captures: Annotated[list[Path], typer.Argument(help="Raw bytes of successive AMI connections to one Asterisk.")],
    agents: Annotated[str, typer.Option(help="Agents' phones: PJSIP/1001,PJSIP/1002")] = "",
    supervisors: Annotated[str, typer.Option(help="Supervisors' phones: PJSIP/1901")] = "",
    trunks: Annotated[str, typer.Option(help="The customers' side: PJSIP/trunk")] = "",
) -> None:
    """Print the call events and call records in recorded AMI streams, one JSON object a line."""
    from connectors.ami.capture import facts_of

    from cti.calls.parties import Parties
    from cti.services.replay import lines_of

    def devices(listed: str) -> list[str]:
        return [device.strip() for device in listed.split(",") if device.strip()]

    missing = [path for path in captures if not path.is_file()]
    for path in missing:
        typer.echo(f"{path}: no such file", err=True)
    if missing:
        raise typer.Exit(2)
    parties = Parties(agents=devices(agents), supervisors=devices(supervisors), trunks=devices(trunks))
    for line in lines_of(facts_of(captures), parties):
        sys.stdout.write(line.decode() + "\n")


if __name__ == "__main__":
    main()
