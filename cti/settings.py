"""The typed configuration: one TOML file, read once into frozen structs, every fault in it told in one go."""

import os
import re
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import phonenumbers

from cti.agents.config import Agents, Queue
from cti.assist.attached import AttachedField
from cti.assist.attached import faults_of as faults_of_attached
from cti.assist.customfields import CustomField, faults_of
from cti.assist.dialling import Dialling
from cti.assist.tickets import Deadlines
from cti.sources import AnySource, Outgoing, faults_of_sources

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
DeviceName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]+/[^\s,;&|]{1,80}$")]


# What every customer has, so that no field of the centre's own may be called so.
CUSTOMER_COLUMNS = [
    "id",
    "name",
    "kind",
    "company",
    "number",
    "numbers",
    "note",
    "tags",
    "owner",
    "id_number",
    "do_not_call",
    "province",
    "city",
    "district",
    "street",
    "postcode",
    "address",
    "skip",
]


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[site]: where the centre is."""

    region: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")] = "CN"  # ISO 3166: how national numbers are read
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[switch]: the Asterisk and the account on its manager interface."""

    username: Name
    name: Name = "pbx"
    host: str = "127.0.0.1"
    port: Port = 5038
    secret: str = ""
    secret_file: str = ""
    system_name: str = ""  # of asterisk.conf; "" learns it at the first log-in
    tls: bool = False
    tls_ca_file: str = ""  # "" trusts what the machine trusts
    tls_server_name: str = ""  # in the certificate, where it is not *host*
    agents: tuple[DeviceName, ...] = ()  # phones of agents that no queue names
    supervisors: tuple[DeviceName, ...] = ()
    trunks: tuple[DeviceName, ...] = ()
    web_socket: str = ""  # of http.conf, "ws://127.0.0.1:8088/ws"; "": no phones in the browser
    allow_faulty_release: bool = False


class Phones(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[phones]: those in the browser, which speak with the switch through the service."""

    secrets_file: str = ""  # TOML, a line for each: 1101 = "its password in pjsip_wizard.conf"
    realm: Name = "asterisk"
    wait_seconds: Annotated[int, msgspec.Meta(ge=1, le=120)] = 20  # a customer, for the page of his agent


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[database]: sqlite:///FILE, or postgresql://USER@HOST/NAME."""

    url: str = "sqlite:///var/cti.db"
    backup_folder: str = "var/backups"


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[web]: what browsers reach."""

    host: str = "127.0.0.1"
    port: Port = 8080
    origins: tuple[str, ...] = ()  # besides the address itself: "https://cti.example.cn"
    behind_tls: bool = False  # a proxy in front speaks TLS: cookies are Secure
    metrics_open: bool = False  # /metrics for others than this machine and administrators


class ContentFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[content]: the files of team leads."""

    folder: str = "config"  # with forms/, playbooks/, outcomes/ and rules/ in it; "" for none


class Pop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[pop]: the card at ringing."""

    lookup_budget_seconds: Annotated[float, msgspec.Meta(ge=0.05, le=5.0)] = 0.5


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[log]"""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    switch: Switch
    site: Site = Site()
    phones: Phones = Phones()
    agents: Agents = Agents()
    queue: tuple[Queue, ...] = ()
    database: Database = Database()
    web: Web = Web()
    pop: Pop = Pop()
    content: ContentFiles = ContentFiles()
    log: Log = Log()
    customer_field: tuple[CustomField, ...] = ()
    attached: tuple[AttachedField, ...] = ()
    tickets: Deadlines = Deadlines()
    dialling: Dialling = Dialling()
    source: tuple[AnySource, ...] = ()
    outgoing: Outgoing = Outgoing()


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with the file, and where."""

    line: int  # 0: a line is missing
    key: str
    problem: str

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        return f"{place}{self.key}: {self.problem}"


class BadSettings(Exception):
    """The file cannot be used; *faults* is everything that is wrong with it."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{path}: {fault}" for fault in faults))
        self.faults = faults


def load(path: Path) -> Settings:
    """Return the settings in *path*, or raise BadSettings. File names in it are relative to its folder's parent run."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadSettings(path, [Fault(0, str(path), error.strerror or str(error))]) from None
    except UnicodeDecodeError:
        raise BadSettings(path, [Fault(0, str(path), "is not UTF-8 text")]) from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise BadSettings(path, [Fault(int(line[1]) if line else 0, "syntax", str(error))]) from None
    faults: list[Fault] = []
    settings = _convert(raw, text, faults)
    if settings is not None:
        _check(settings, path, text, faults)
    if settings is None or faults:
        raise BadSettings(path, sorted(faults, key=lambda fault: fault.line))
    return settings


def secret_of(switch: Switch) -> str:
    """Return the manager secret, from the file or from the settings."""
    if switch.secret_file:
        return Path(switch.secret_file).read_text(encoding="utf-8").strip()
    return switch.secret


def phone_secrets_of(phones: Phones) -> dict[str, str]:
    """Return the switch's passwords of the phones in the browser, by extension; raise OSError or ValueError."""
    found = tomllib.loads(Path(phones.secrets_file).read_text(encoding="utf-8"))
    for extension, secret in found.items():
        if not re.fullmatch(r"[0-9]{2,8}", extension):
            raise ValueError(f"{extension[:20]!r} is no extension")
        if not isinstance(secret, str) or len(secret) < 8:
            raise ValueError(f"{extension} needs a password of 8 characters or more, in quotes")
    return found


# Sections that may come several times.
_LISTS: dict[str, Any] = {"attached": AttachedField, "customer_field": CustomField, "queue": Queue, "source": AnySource}


def _convert(raw: dict[str, Any], text: str, faults: list[Fault]) -> Settings | None:
    """Convert field by field, so that one fault does not hide the next."""
    sections: dict[str, Any] = {}
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    for name in raw:
        if name not in known:
            faults.append(Fault(_line_of(text, name, None), name, f"no such section; there are {', '.join(known)}"))
    for name, section in known.items():
        found = raw.get(name, {})
        if name in _LISTS:
            sections[name] = _convert_list(_LISTS[name], name, raw.get(name, []), text, faults)
            continue
        if not isinstance(found, dict):
            faults.append(Fault(_line_of(text, None, name), name, f"must be a section, [{name}]"))
            continue
        sections[name] = _convert_section(section.type, name, found, text, faults)
    return None if faults else Settings(**sections)


def _convert_section(kind: Any, name: str, found: dict[str, Any], text: str, faults: list[Fault]) -> Any:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key in found:
        if key not in fields:
            faults.append(
                Fault(_line_of(text, name, key), f"{name}.{key}", f"unknown; [{name}] has {', '.join(fields)}")
            )
    for key, field in fields.items():
        if key not in found:
            if field.required:
                faults.append(Fault(_line_of(text, name, None), f"{name}.{key}", "is missing"))
            continue
        try:
            values[key] = msgspec.convert(found[key], field.type)
        except msgspec.ValidationError as error:
            problem = str(error)[0].lower() + str(error)[1:]
            faults.append(Fault(_line_of(text, name, key), f"{name}.{key}", problem))
    if any(fault.key.startswith(f"{name}.") for fault in faults):
        return None
    return kind(**values)


def _convert_list(kind: Any, name: str, found: Any, text: str, faults: list[Fault]) -> tuple[Any, ...]:
    """Convert the sections that are written [[*name*]], once for each."""
    if not isinstance(found, list):
        faults.append(Fault(_line_of(text, None, name), name, f"must be written [[{name}]], once for each"))
        return ()
    converted = []
    for count, section in enumerate(found, 1):
        try:
            converted.append(msgspec.convert(section, kind))
        except msgspec.ValidationError as error:
            faults.append(Fault(_line_of(text, name, None), name, f"number {count}: {error}"))
    return tuple(converted)


def _check(settings: Settings, path: Path, text: str, faults: list[Fault]) -> None:
    """Look for what types cannot say."""

    def fault(section: str, key: str, problem: str) -> None:
        faults.append(Fault(_line_of(text, section, key), f"{section}.{key}", problem))

    switch = settings.switch
    for problem in faults_of(settings.customer_field, CUSTOMER_COLUMNS):
        faults.append(Fault(_line_of(text, "customer_field", None), "customer_field", problem))
    for problem in faults_of_attached(settings.attached):
        faults.append(Fault(_line_of(text, "attached", None), "attached", problem))
    for problem in faults_of_sources(settings.source, settings.outgoing):
        faults.append(Fault(_line_of(text, "source", None), "source", problem))
    names = [queue.name for queue in settings.queue]
    for name in sorted({name for name in names if names.count(name) > 1}):
        fault("queue", "name", f"{name} is there twice")
    if settings.site.region not in phonenumbers.SUPPORTED_REGIONS:
        fault("site", "region", f"{settings.site.region} is no region with a numbering plan")
    try:
        ZoneInfo(settings.site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        fault("site", "time_zone", f"{settings.site.time_zone!r} is no time zone; write it like Asia/Shanghai")
    if bool(switch.secret) == bool(switch.secret_file):
        fault("switch", "secret_file" if switch.secret_file else "secret", "give one of secret and secret_file")
    secret = Path(switch.secret_file) if switch.secret_file else (path if switch.secret else None)
    if secret is not None:
        if not os.access(secret, os.R_OK):
            fault("switch", "secret_file", f"{secret} cannot be read")
        elif secret.stat().st_mode & stat.S_IRWXO:
            fault("switch", "secret_file" if switch.secret_file else "secret", f"others may read {secret}: chmod o= it")
    if not switch.tls and switch.host not in ("127.0.0.1", "::1", "localhost"):
        fault("switch", "tls", f"{switch.host} is another machine: set tls = true")
    if switch.tls_ca_file and not os.access(switch.tls_ca_file, os.R_OK):
        fault("switch", "tls_ca_file", f"{switch.tls_ca_file} cannot be read")
    if switch.web_socket:
        parts = urlsplit(switch.web_socket)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            fault("switch", "web_socket", "write it like ws://127.0.0.1:8088/ws")
        elif parts.scheme == "ws" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            fault("switch", "web_socket", f"{parts.hostname} is another machine: write wss://")
        _check_phone_secrets(settings.phones, fault)
    if not re.match(r"(sqlite:///.+|postgresql://[^/]+/.+)", settings.database.url):
        fault("database", "url", "write sqlite:///FILE or postgresql://USER@HOST/NAME")
    for origin in settings.web.origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            fault("web", "origins", f"{origin!r} is no origin; write it like https://cti.example.cn")
    if settings.web.host not in ("127.0.0.1", "::1", "localhost") and not settings.web.behind_tls:
        fault("web", "behind_tls", "browsers on other machines need TLS in front, or the microphone stays off")


def _check_phone_secrets(phones: Phones, fault: Callable[[str, str, str], None]) -> None:
    path = Path(phones.secrets_file)
    if not phones.secrets_file:
        fault("phones", "secrets_file", "switch.web_socket needs it: the passwords of the phones in the browser")
    elif not os.access(path, os.R_OK):
        fault("phones", "secrets_file", f"{path} cannot be read")
    elif path.stat().st_mode & stat.S_IRWXO:
        fault("phones", "secrets_file", f"others may read {path}: chmod o= it")
    else:
        try:
            phone_secrets_of(phones)
        except tomllib.TOMLDecodeError as error:
            where = re.search(r"at line \d+", str(error))  # the rest could quote a password
            fault("phones", "secrets_file", f"{path} is no TOML{', ' + where[0] if where else ''}")
        except (OSError, ValueError) as error:
            fault("phones", "secrets_file", f"{path}: {error}")


def _line_of(text: str, section: str | None, key: str | None) -> int:
    """Return the line of *key* in [*section*], of the section's head when the key is not there, else 0."""
    here, head = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line)
        if opened:
            here = opened[1]
            if here == section:
                head = number
        elif key is not None and here == section and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
            return number
    return head
