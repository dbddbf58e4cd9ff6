"""A run that serves one SNMP recording at every address, and nothing else."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

from device_sim.announce import Say, announce_ready, served, withdraw_ready
from device_sim.core.snmp.view import MibView
from device_sim.options import RunPlan
from device_sim.snmp_endpoint import SnmpEndpoint
from device_sim.snmp_recording import recording_view


class ReplayRuntime:
    """One recording, many addresses."""

    def __init__(self, plan: RunPlan, recording: Path, say: Say) -> None:
        self._plan, self._say = plan, say
        self._view = recording_view(recording)

    async def run(self) -> None:
        """Answer until a signal. Raises ConfigError when it cannot start."""
        fleet, places = self._plan.fleet, self._plan.places
        withdraw_ready(self._plan.ready_file)
        stop = asyncio.Event()
        endpoint = SnmpEndpoint.open(fleet.snmp_port, self._lookup, self._plan.snmp.communities)
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            snmp_only = replace(fleet, http_port=0, https_port=0, ipp_port=0)
            self._say(served(len(places), places[0].address, places[-1].address, snmp_only))
            announce_ready(self._plan.ready_file, self._say)
            await stop.wait()
        finally:
            endpoint.close()

    def _lookup(self, address: int) -> MibView | None:
        return None if self._plan.places.of_address(address) is None else self._view
