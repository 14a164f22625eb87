"""Who has a form about the same open, told to all of them as it changes."""

from cti.forms import About
from cti.web.messages import FormMessage, FormPerson
from cti.web.screens import Screen, ScreenHub


def key_of(about: About) -> str:
    """Return what *about* is called in messages."""
    if about.customer is not None:
        return f"customer:{about.customer}"
    return f"number:{about.number}" if about.number else f"call:{about.call}"


class FormPresence:
    """Screens with an open form. One whose socket broke counts again when it is back."""

    def __init__(self, hub: ScreenHub) -> None:
        self._hub = hub
        self._at: dict[Screen, str] = {}
        hub.on_seat = self._seated

    def open(self, screen: Screen, about: About) -> None:
        """*screen* shows a form about that, and no other any more."""
        key, before = key_of(about), self._at.get(screen)
        self._at[screen] = key
        if before is not None and before != key:
            self._tell(before)
        self._tell(key)

    def close(self, screen: Screen) -> None:
        key = self._at.pop(screen, None)
        if key is not None:
            self._tell(key)

    def saved(self, about: About, revision: str) -> None:
        """The record was written: whoever looks at it is told that it is another."""
        self._tell(key_of(about), revision)
        if about.customer is None:
            return
        self._tell(key_of(About(None, about.number, about.call)), revision)

    def _seated(self, screen: Screen) -> None:
        """*screen* got or lost its socket, or was forgotten."""
        key = self._at.get(screen)
        if key is None:
            return
        if not self._hub.is_kept(screen):
            del self._at[screen]
        self._tell(key)

    def _tell(self, key: str, revision: str = "") -> None:
        screens = [screen for screen, at in self._at.items() if at == key]
        there = {screen.me.user: screen.me.name for screen in screens if screen.socket is not None}
        for screen in screens:
            others = tuple(FormPerson(user, name) for user, name in there.items() if user != screen.me.user)
            self._hub.form(screen, FormMessage(key, others, revision))
