"""The people at work: their profiles at hand for every decision, changed here and nowhere else, and the audit of it."""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from cti.ports import StorageDown, User
from cti.services.agents import AgentService
from cti.staff import AgentLog, AuditAction, AuditEntry, AuditLog, DeskLog, Profile, ProfileChange, Staff

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What is kept about people at work."""

    staff: Staff
    audit: AuditLog
    spans: AgentLog
    desk_log: DeskLog
    spare_phones: Collection[str] = ()  # anybody who answers calls may take one of these


class PeopleService:
    def __init__(self, work: Work, agents: AgentService) -> None:
        self.work = work
        self._agents = agents
        self._profiles: dict[str, Profile] = {}
        self._loading: set[asyncio.Task[None]] = set()
        self.on_change: Callable[[], None] = lambda: None  # who is who is different now

    async def load(self) -> None:
        """Read everybody, and have the agents' states go on where they were."""
        profiles = await self.work.staff.profiles()
        self._profiles = {profile.user.name: profile for profile in profiles}
        self._agents.restore(profiles, await self.work.spans.going_on())

    async def load_again(self) -> None:
        """Read everybody: what many share has changed."""
        self._profiles = {profile.user.name: profile for profile in await self.work.staff.profiles()}
        self.on_change()

    async def close(self) -> None:
        for task in self._loading:
            task.cancel()
        await asyncio.gather(*self._loading, return_exceptions=True)

    # --- who is who -------------------------------------------------------------------------------------------------

    def profile_of(self, name: str) -> Profile | None:
        return self._profiles.get(name.strip().casefold())

    def team_of(self, name: str) -> str:
        profile = self.profile_of(name)
        return profile.team if profile is not None else ""

    @property
    def profiles(self) -> Collection[Profile]:
        return self._profiles.values()

    @property
    def queues(self) -> list[str]:
        """The names of all queues that the settings, the switch or somebody's assignment has."""
        assigned = {queue for profile in self.profiles for queue in profile.queues}
        return sorted({*assigned, *self._agents.queues})

    def meet(self, user: User) -> None:
        """Somebody opened a screen: what is not known of them is read meanwhile."""
        if user.device:
            self._agents.meet(user)
        known = self.profile_of(user.name)
        if known is None or known.user != user:
            task = asyncio.get_running_loop().create_task(self._read(user), name=f"profile:{user.id}")
            self._loading.add(task)
            task.add_done_callback(self._loading.discard)

    async def _read(self, user: User) -> None:
        try:
            await self.refresh(user.id)
        except StorageDown as down:
            log.warning("a profile could not be read", extra={"problem": str(down)})

    async def refresh(self, user: int) -> Profile | None:
        """Read somebody anew: they were made, shut out or let in."""
        profile = await self.work.staff.profile(user)
        if profile is not None:
            self._take(profile)
        return profile

    async def change(self, user: int, change: ProfileChange) -> Profile:
        """Carry out *change*; queues that are no longer assigned are left. Raises as Staff.change does."""
        profile = await self.work.staff.change(user, change)
        self._take(profile)
        return profile

    async def note(self, who: str, action: AuditAction, *, whom: str = "", source: str = "", **what: object) -> None:
        """Write down that *who* did *action* to *whom*; return when that is durable."""
        told = msgspec.json.encode(what).decode() if what else ""
        await self.work.audit.add(AuditEntry(datetime.now(UTC), who, action, whom, told, source))

    def _take(self, profile: Profile) -> None:
        self._profiles[profile.user.name] = profile
        self._agents.assign(profile)
        self.on_change()
