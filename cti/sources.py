"""[[source]] of the settings: the systems elsewhere that know callers, and which hosts may be asked at all."""

import ipaddress
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

import msgspec
import phonenumbers

from cti.assist.numbers import is_e164

PLACEHOLDERS = frozenset({"e164", "national", "digits"})
NUMBER_NAMES = "{e164} (+8613800138000), {national} (13800138000) and {digits} (8613800138000)"
_HERE = ("127.0.0.1", "::1", "localhost")
_Label = Annotated[str, msgspec.Meta(max_length=60)]


class SourceField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of what is found: where it stands there, and what the card calls it."""

    at: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]  # a JSON pointer in a record, or a column
    zh: _Label = ""
    en: _Label = ""
    into: Annotated[str, msgspec.Meta(max_length=32)] = ""  # the field of ours that it fills in: "company", "note"

    @property
    def name(self) -> str:
        return self.at.strip("/")


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """What [[source]] says of every kind."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,32}$")]
    title_zh: _Label = ""
    title_en: _Label = ""
    field: Annotated[tuple[SourceField, ...], msgspec.Meta(max_length=20)] = ()
    link: str = ""  # a page about what was found: "https://crm.example.cn/customers/{id}"
    deadline_seconds: Annotated[float, msgspec.Meta(ge=0.05, le=10)] = 0.4  # an answer that takes longer is late
    give_up_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=30)] = 3.0  # it is not waited for any longer
    cache_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 300.0
    cache_none_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 60.0  # that nobody has the number
    most_at_once: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    pause_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 30.0  # for a source that keeps failing
    test_number: str = ""  # that `cti check` asks for


class HttpSource(SourceSettings, frozen=True, tag="http_json", kw_only=True):
    """A JSON answer to a GET."""

    url: str
    records: str = ""  # a JSON pointer to the list of records, or to the only one; "" is the whole answer
    id: str = "/id"
    title: str = "/name"  # what the record is called: the customer's name
    auth: Literal["none", "bearer", "basic", "header"] = "none"
    user: str = ""
    header: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]*$")] = ""
    secret_file: str = ""
    secret_env: str = ""
    ca_file: str = ""  # "" trusts what the machine trusts
    plain_http: bool = False  # numbers and the secret go unencrypted
    none_status: tuple[int, ...] = (404,)  # that mean: nobody has the number


class SqlSource(SourceSettings, frozen=True, tag="sql", kw_only=True):
    """The rows of one query, in a transaction that can only read."""

    url: str  # postgresql://USER@HOST/NAME or mysql://USER@HOST/NAME
    query: str  # with :e164, :national or :digits
    id: str = "id"
    title: str = "name"
    secret_file: str = ""
    secret_env: str = ""
    ca_file: str = ""  # with it the server must prove who it is


class CsvSource(SourceSettings, frozen=True, tag="csv_folder", kw_only=True):
    """The *.csv files of a folder, read again when they change."""

    folder: str
    numbers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=8)]  # the columns with telephone numbers
    id: str = "id"
    title: str = "name"
    encoding: str = ""  # "" finds out


class PluginSource(SourceSettings, frozen=True, tag="plugin", kw_only=True):
    """One that another package brings, by the entry-point group `cti.connectors`."""

    plugin: str
    options: dict[str, str | int | float | bool] = {}


AnySource = HttpSource | SqlSource | CsvSource | PluginSource


class Outgoing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[outgoing]: the hosts that may be asked. One that is in no list is never connected to."""

    hosts: tuple[str, ...] = ()  # with public addresses
    private_hosts: tuple[str, ...] = ()  # in the own network, or on this machine

    def allows(self, host: str) -> bool:
        return host in self.hosts or host in self.private_hosts


def secret_of(source: HttpSource | SqlSource) -> str:
    """Return the source's secret, "" where it has none; raise OSError or KeyError where it cannot be had."""
    if source.secret_file:
        return Path(source.secret_file).read_text(encoding="utf-8").strip()
    return os.environ[source.secret_env].strip() if source.secret_env else ""


def host_of(url: str) -> str:
    """Return the host of *url* in small letters, "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def faults_of_sources(sources: Sequence[AnySource], outgoing: Outgoing) -> Iterator[str]:
    """Tell, in a sentence each, what types cannot say about [[source]] and [outgoing]."""
    names = [source.name for source in sources]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is there twice"
    for source in sources:
        for problem in (*_of_any(source), *_of_kind(source, outgoing)):
            yield f"{source.name}: {problem}"


def _of_any(source: AnySource) -> Iterator[str]:
    if source.give_up_seconds < source.deadline_seconds:
        yield "give_up_seconds must not be less than deadline_seconds"
    if source.pause_seconds < source.give_up_seconds:
        yield "pause_seconds must not be less than give_up_seconds"
    if source.test_number and not is_e164(source.test_number):
        yield "test_number must be written like +8613800138000"
    if source.link:
        yield from _of_template(source.link, "link", PLACEHOLDERS | {"id"})
    columns = [field.name for field in source.field]
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        yield f"field {name} is there twice"


def _of_kind(source: AnySource, outgoing: Outgoing) -> Iterator[str]:
    match source:
        case HttpSource():
            yield from _of_http(source, outgoing)
        case SqlSource():
            yield from _of_sql(source, outgoing)
        case CsvSource():
            if not Path(source.folder).is_dir():
                yield f"folder: {source.folder} is no folder"


def _of_http(source: HttpSource, outgoing: Outgoing) -> Iterator[str]:
    yield from _of_template(source.url, "url", PLACEHOLDERS)
    if not any(f"{{{name}}}" in source.url for name in PLACEHOLDERS):
        yield f"url must say where the number goes; there are {NUMBER_NAMES}"
    host = host_of(source.url)
    if source.url.startswith("http://") and not source.plain_http and host not in _HERE:
        yield "url: http:// sends numbers and secret unencrypted; write https://, or plain_http = true"
    yield from _of_host(host, outgoing)
    for name, pointer in (("records", source.records), ("id", source.id), ("title", source.title)):
        if pointer and not pointer.startswith("/"):
            yield f"{name} must be a JSON pointer such as /data/name"
    for field in source.field:
        if not field.at.startswith("/"):
            yield f"field {field.at}: at must be a JSON pointer such as /data/level"
    if (source.auth != "none") != bool(source.secret_file or source.secret_env):
        yield f'auth = "{source.auth}" {"needs" if source.auth != "none" else "uses no"} secret_file or secret_env'
    if source.auth == "basic" and not source.user:
        yield 'auth = "basic" needs user'
    if source.auth == "header" and not source.header:
        yield 'auth = "header" needs header, its name'
    yield from _of_secret(source)


def _of_sql(source: SqlSource, outgoing: Outgoing) -> Iterator[str]:
    if not re.match(r"(postgresql|mysql)://", source.url):
        yield "url must be written like postgresql://USER@HOST/NAME or mysql://USER@HOST/NAME"
    elif urlsplit(source.url).password:
        yield "url must have no password in it: use secret_file or secret_env"
    host = host_of(source.url)
    if host:  # without one it is a socket of this machine
        yield from _of_host(host, outgoing)
    if not re.match(r"\s*(select|with)\b", source.query, re.IGNORECASE):
        yield "query must begin with SELECT"
    if not re.search(rf"(?<!:):({'|'.join(sorted(PLACEHOLDERS))})\b", source.query):
        yield "query must ask for :e164, :national or :digits"
    yield from _of_secret(source)


def _of_host(host: str, outgoing: Outgoing) -> Iterator[str]:
    if not host or outgoing.allows(host):
        return
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        private = host in _HERE
    where = "private_hosts" if private else "hosts, or private_hosts when it is in the own network,"
    yield f'{host} may not be asked: add "{host}" to {where} of [outgoing]'


def _of_template(template: str, name: str, known: frozenset[str]) -> Iterator[str]:
    """A number or an id may go into the path and the query, never into what says whom to connect to."""
    try:
        parts = urlsplit(template)
        told = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        told = False
    if not told:
        yield f"{name} must be written like https://crm.example.cn/..."
        return
    if "@" in parts.netloc or "{" in parts.netloc:
        yield f"{name}: the host must be a plain name, with no user and no place for a number"
    for found in re.findall(r"\{([^}]*)\}", template):
        if found not in known:
            yield f"{name}: {{{found}}} is unknown; there are {', '.join(f'{{{one}}}' for one in sorted(known))}"


def _of_secret(source: HttpSource | SqlSource) -> Iterator[str]:
    if source.secret_file and source.secret_env:
        yield "give one of secret_file and secret_env"
    elif source.secret_file:
        path = Path(source.secret_file)
        if not os.access(path, os.R_OK):
            yield f"secret_file: {path} cannot be read"
        elif path.stat().st_mode & stat.S_IRWXO:
            yield f"secret_file: others may read {path}: chmod o= it"
    elif source.secret_env and source.secret_env not in os.environ:
        yield f"secret_env: {source.secret_env} is not set"
    if source.ca_file and not os.access(source.ca_file, os.R_OK):
        yield f"ca_file: {source.ca_file} cannot be read"


def forms_of(e164: str) -> dict[str, str]:
    """Return the ways in which systems elsewhere may have *e164*, by the name of the placeholder."""
    parsed = phonenumbers.parse(e164, None)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return {"e164": e164, "national": "".join(filter(str.isdigit, national)), "digits": e164.removeprefix("+")}


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the address with *values* put in, each encoded so that it stays where it was put."""
    return re.sub(r"\{([^}]*)\}", lambda found: quote(values[found[1]], safe=""), template)
