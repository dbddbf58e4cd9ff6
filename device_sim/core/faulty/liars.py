"""The agents of a fleet's printers, honest and lying: who shows what over which protocol.

1. An honest printer costs one comparison: its state is shown as it is, through the book of its profile.
2. Books of liars are made when they are first asked for, one for each profile and set of lies in objects, and the
   oldest is forgotten when there are too many.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from device_sim.core.faults import NO_FAULTS, Faults
from device_sim.core.faulty.objects import object_faults
from device_sim.core.faulty.told import Over, Teller
from device_sim.core.faulty.unruly import Asked, UnrulyView, is_unruly
from device_sim.core.mib import PrinterBook, printer_book, printer_view
from device_sim.core.mibs.settings import Reset
from device_sim.core.profile import Profile
from device_sim.core.snmp.view import MibView, SubjectView
from device_sim.core.state import LivePrinter

BOOKS_MAX: Final = 128


class Agents:
    """What the printers of a fleet show.

    seed: the fleet's. book_of: what makes the books of honest printers instead of `printer_book`. community: one that
    the responder lets in. reset: what writing prtGeneralReset does.
    replayed: whether these books are of a recording, whose objects never lie.
    """

    def __init__(
        self,
        profiles: Iterable[Profile],
        seed: int,
        book_of: Callable[[Profile], PrinterBook] | None = None,
        *,
        community: bytes = b"public",
        reset: Reset | None = None,
        replayed: bool = False,
    ) -> None:
        self._seed, self._community, self._replayed = seed, community, replayed
        self._teller = Teller(seed)
        self._reset = reset
        self._asked: defaultdict[int, Asked] = defaultdict(Asked)
        self._book_of: Final = book_of or (lambda profile: printer_book(profile, reset=reset))
        self._books: Final = {id(profile): (profile, self._book_of(profile)) for profile in profiles}
        self._lying: Final[dict[tuple[int, Faults], PrinterBook]] = {}

    def view(self, state: LivePrinter) -> MibView:
        """What the SNMP agent of a printer shows."""
        if state.faults is NO_FAULTS:
            known = self._books.get(id(state.profile))
            return SubjectView(self._honest(state.profile) if known is None else known[1], state)
        told, book = self._teller.told(state, "snmp"), self._book(state)
        if not is_unruly(state.faults):
            return printer_view(told, book, state)
        asked = self._asked[state.identity.index]
        return UnrulyView(book, told, state, seed=self._seed, asked=asked, community=self._community)

    def tell(self, state: LivePrinter, over: Over) -> LivePrinter:
        """What a printer tells of itself over that protocol."""
        return self._teller.told(state, over)

    def told(self, find: Callable[[str], LivePrinter | None], over: Over) -> Callable[[str], LivePrinter | None]:
        """A look-up of printers by address that gives what is told over that protocol. find: the true one."""

        def found(address: str) -> LivePrinter | None:
            state = find(address)
            return None if state is None else self.tell(state, over)

        return found

    def _honest(self, profile: Profile) -> PrinterBook:
        """The objects of a model; one whose firmware was updated is a model of its own, kept with its book."""
        if (known := self._books.get(id(profile))) is None:
            known = self._books[id(profile)] = (profile, self._book_of(profile))
        return known[1]

    def _book(self, state: LivePrinter) -> PrinterBook:
        profile, faults = state.profile, object_faults(state.faults)
        if faults is NO_FAULTS or self._replayed:
            return self._honest(profile)
        key = (id(profile), faults)
        book = self._lying.get(key)
        if book is None:
            if len(self._lying) >= BOOKS_MAX:
                del self._lying[next(iter(self._lying))]
            lying = self._teller.lying_profile(profile, faults)
            book = self._lying[key] = printer_book(lying, faults=faults, reset=self._reset)
        return book
