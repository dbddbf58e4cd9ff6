"""The direct connection for asyncio: the same calls, awaited in threads, so that no disk ever holds up the loop."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from direct_connect.runtime import ConnectionStatus, DirectConnection
from wire_format.records import Alert, Job

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def _in_thread(
    call: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
) -> Awaitable[_Result]:
    # Imported here, so that a plain thread never pays for an event loop it does not have.
    import asyncio

    return asyncio.to_thread(call, *args, **kwargs)


class AsyncDirectConnection:
    """A `DirectConnection` whose calls are awaited. Each is durable when its await returns."""

    def __init__(self, connection: DirectConnection) -> None:
        """Take over a connection that was opened in a thread."""
        self.sync = connection

    @classmethod
    async def open(cls, opener: Callable[[], DirectConnection]) -> Self:
        """Open in a thread: `await AsyncDirectConnection.open(lambda: DirectConnection.open(...))`."""
        return cls(await _in_thread(opener))

    @property
    def sender(self) -> str:
        """This sender's id."""
        return self.sync.sender

    async def job_started(self, job_id: str) -> None:
        """See `DirectConnection.job_started`."""
        await _in_thread(self.sync.job_started, job_id)

    async def impressions_made(self, count: int) -> None:
        """See `DirectConnection.impressions_made`."""
        await _in_thread(self.sync.impressions_made, count)

    async def job_finished(self, job: Job) -> None:
        """See `DirectConnection.job_finished`."""
        await _in_thread(self.sync.job_finished, job)

    async def alert_raised(self, alert: Alert) -> None:
        """See `DirectConnection.alert_raised`."""
        await _in_thread(self.sync.alert_raised, alert)

    async def alert_cleared(self, alert_id: str, at: datetime | None = None) -> None:
        """See `DirectConnection.alert_cleared`."""
        await _in_thread(self.sync.alert_cleared, alert_id, at)

    async def push(self) -> None:
        """See `DirectConnection.push`."""
        await _in_thread(self.sync.push)

    async def status(self) -> ConnectionStatus:
        """See `DirectConnection.status`."""
        return await _in_thread(self.sync.status)

    async def close(self) -> None:
        """See `DirectConnection.close`."""
        await _in_thread(self.sync.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
