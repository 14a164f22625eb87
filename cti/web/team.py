"""The screens on which leads see their people."""

from cti.services.people import PeopleService
from cti.services.teamfeed import TeamChange
from cti.staff import Profile
from cti.web.messages import TeamMessage
from cti.web.permissions import Action, Colleague, can
from cti.web.screens import Screen, ScreenHub


class TeamScreens:
    """Implements the port `Audience` of the feed: whoever may change somebody's state sees it."""

    def __init__(self, hub: ScreenHub, people: PeopleService) -> None:
        self._hub = hub
        self._people = people

    def may_see(self, watcher: Screen, mate: Profile) -> bool:
        own_team = self._people.team_of(watcher.actor.user)
        whom = Colleague(mate.user.name, mate.user.role, mate.team, own_team)
        return can(watcher.actor, Action.FORCE_AGENT_STATE, whom)

    def is_there(self, watcher: Screen) -> bool:
        return self._hub.is_kept(watcher)

    def is_ready(self, watcher: Screen) -> bool:
        return self._hub.has_read(watcher)

    def show(self, watcher: Screen, change: TeamChange) -> None:
        self._hub.team(watcher, TeamMessage(change.people, change.gone, change.whole))
