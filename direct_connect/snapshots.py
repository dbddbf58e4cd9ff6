"""Asking the embedding program what the printer shows, without ever being held up by it.

1. The program's function runs in a thread of its own, one call of a connection at a time. A function that never
   returns costs that thread and nothing else: no turn of the worker, no job, no alert, no other printer.
2. One that has not answered in `patience_s` is late: batches go without it, at once, until it returns. What a late
   call returns is thrown away, for it is old.
3. Nothing of what it raises is kept but the kind of error and the place: a message may hold anything.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from direct_connect.core.reporting import Snapshot

TakeSnapshot = Callable[[], Snapshot]
LATE: Final = "the snapshot function has not returned yet"
HELD_S_MAX: Final = 0.05
"""How long a turn of the worker waits for a snapshot, in real seconds; most are there sooner."""
_LOG: Final = logging.getLogger(__name__)


class NoSnapshotError(Exception):
    """There is no snapshot to be had now. The text says why, and holds nothing of the embedding program's."""


class SnapshotTaker:
    """Takes the snapshots of one connection. Thread-safe."""

    def __init__(
        self,
        take: TakeSnapshot,
        *,
        on_ready: Callable[[], None] = lambda: None,
        patience_s: float,
        name: str = "inkwire-snapshot",
    ) -> None:
        """on_ready: called from some thread when `take`, which gave None, would give something else. Real seconds."""
        self._take, self._on_ready = take, on_ready
        self._patience_s, self._name = patience_s, name
        self._lock = threading.Lock()
        self._call: _Call | None = None

    def take(self) -> Snapshot | None:
        """A snapshot begun at this call or an earlier one that gave None; None: not yet. Raises NoSnapshotError."""
        call = self._begun()
        if not call.late and not call.wake_wanted:
            call.ended.wait(HELD_S_MAX)
        with self._lock:
            if not call.ended.is_set():
                if call.late:
                    raise NoSnapshotError(LATE)
                if not call.wake_wanted:
                    call.wake_wanted = True
                    call.watch(self._patience_s, functools.partial(self._late, call))
                return None
        return self._result(call)

    def take_waiting(self) -> Snapshot:
        """A snapshot, waited for. Raises NoSnapshotError."""
        call = self._begun()
        if not call.late and call.ended.wait(self._patience_s):
            return self._result(call)
        call.late = True
        raise NoSnapshotError(LATE)

    def close(self) -> None:
        """Wait for nothing any more."""
        with self._lock:
            if (call := self._call) is not None:
                call.late = True
                call.unwatch()

    def _begun(self) -> "_Call":
        with self._lock:
            call = self._call
            if call is not None and call.ended.is_set() and (call.late or call.age_s() > self._patience_s):
                call = None
            if call is None:
                call = self._call = _Call(self._take, self._ended)
                try:
                    threading.Thread(target=call.run, name=self._name, daemon=True).start()
                except RuntimeError as error:
                    self._call = None
                    raise NoSnapshotError("no thread could be started for the snapshot") from error
            return call

    def _result(self, call: "_Call") -> Snapshot:
        with self._lock:
            if self._call is call:
                self._call = None
        call.unwatch()
        if call.snapshot is None:
            raise NoSnapshotError(call.problem)
        return call.snapshot

    def _ended(self, call: "_Call") -> None:
        with self._lock:
            call.ended_s = time.monotonic()
            call.ended.set()
            call.unwatch()
        if call.wake_wanted and not call.late:
            self._on_ready()

    def _late(self, call: "_Call") -> None:
        with self._lock:
            if call.ended.is_set() or call.late:
                return
            call.late = True
        _LOG.warning("snapshot takes too long; batches go without it", extra={"patience_s": self._patience_s})
        self._on_ready()


class _Call:
    """One call of the embedding program's function."""

    def __init__(self, take: TakeSnapshot, on_end: Callable[["_Call"], None]) -> None:
        self._take, self._on_end = take, on_end
        self._timer: threading.Timer | None = None
        self.ended = threading.Event()
        self.ended_s = 0.0
        self.wake_wanted = self.late = False
        self.snapshot: Snapshot | None = None
        self.problem = ""

    def run(self) -> None:
        try:
            self.snapshot = Snapshot(*self._take())
        except Exception as error:  # the embedding program's code: whatever it raises, nothing waits for it
            self.problem = f"the snapshot function failed: {type(error).__name__}"
            _LOG.error("snapshot failed; the batch goes without it", extra=_place(error))
        finally:
            self._on_end(self)

    def age_s(self) -> float:
        return time.monotonic() - self.ended_s

    def watch(self, seconds: float, on_late: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, on_late)
        self._timer.daemon = True
        self._timer.start()

    def unwatch(self) -> None:
        if (timer := self._timer) is not None:
            timer.cancel()


def _place(error: Exception) -> dict[str, object]:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return {"error_type": type(error).__name__, "where": where}
