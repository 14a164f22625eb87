"""Makes the source that a [[source]] of the settings describes."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from connectors.crm.csv_folder import CsvFolderSource
from connectors.crm.http_json import HttpJsonSource
from connectors.crm.sql import SqlSourceReader
from cti.ports import CustomerSource, SourceFailed, SourceRecord
from cti.sources import AnySource, CsvSource, HttpSource, Outgoing, PluginSource, SqlSource

GROUP = "cti.connectors"
Plugin = Callable[[str, Mapping[str, object]], CustomerSource]
"""What an entry point of the group names: takes (the source's name, its options) and returns the source."""


class _Missing:
    """Stands for a plugin that cannot be had: every question to it fails, and calls go on."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    async def open(self) -> None: ...

    async def by_number(self, e164: str) -> list[SourceRecord]:
        raise SourceFailed(self._why)

    async def close(self) -> None: ...


def source_of(settings: AnySource, outgoing: Outgoing, *, region: str) -> CustomerSource:
    """Return the source; *region* ("CN") says how numbers in files are read."""
    match settings:
        case HttpSource():
            return HttpJsonSource(settings, outgoing)
        case SqlSource():
            return SqlSourceReader(settings)
        case CsvSource():
            return CsvFolderSource(settings, region=region)
        case PluginSource():
            return _plugin(settings)


def _plugin(settings: PluginSource) -> CustomerSource:
    found = entry_points(group=GROUP)
    if settings.plugin not in found.names:
        return _Missing(settings.name, f"no installed package has {settings.plugin!r} in the entry-point group {GROUP}")
    try:
        plugin: Plugin = found[settings.plugin].load()
        return plugin(settings.name, settings.options)
    except Exception as error:  # noqa: BLE001 - somebody else's code; the service starts without it
        return _Missing(settings.name, f"the plugin {settings.plugin!r} does not load: {type(error).__name__}")
