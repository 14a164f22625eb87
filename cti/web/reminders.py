"""Whom callbacks and tickets concern, and telling their screens."""

from collections.abc import Iterator

from cti.aftercall import Callback, Ticket
from cti.services.clock import milliseconds
from cti.services.people import PeopleService
from cti.staff import Profile
from cti.web.messages import ReminderMessage
from cti.web.screens import ScreenHub


class Reminders:
    """Implements the port `Told` of the service."""

    def __init__(self, hub: ScreenHub, people: PeopleService) -> None:
        self._hub = hub
        self._people = people

    def callback_due(self, callback: Callback) -> None:
        title = callback.name or callback.number
        message = ReminderMessage("callback", str(callback.id), title, milliseconds(callback.due_at))
        for profile in self._people.profiles:
            mine = profile.user.id == callback.owner
            anybodys = callback.owner is None and callback.queue in profile.queues
            if mine or anybodys:
                self._hub.tell(profile.user.name, message)

    def ticket_changed(self, ticket: Ticket) -> None:
        due_at = milliseconds(ticket.due_at) if ticket.due_at else None
        message = ReminderMessage("ticket", str(ticket.id), ticket.title, due_at)
        for profile in self._concerned(ticket):
            self._hub.tell(profile.user.name, message)

    def _concerned(self, ticket: Ticket) -> Iterator[Profile]:
        """Who made it, who has it, the lead of its team, and a supervisor when it rose so far."""
        for profile in self._people.profiles:
            user = profile.user
            leads = user.role == "lead" and ticket.team != "" and profile.team == ticket.team
            rose = user.role == "supervisor" and (ticket.level == "supervisor" or ticket.team == "")
            if user.id in (ticket.made_by, ticket.owner) or leads or rose:
                yield profile
