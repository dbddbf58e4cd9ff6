"""Joins configuration, clock, spool, uplink and scan into the running service, and says how it ended."""

import asyncio
import logging
import os
from typing import Final
from urllib.parse import urlsplit

from data_collector.clock import Clock
from data_collector.config import CLAIM_ENV, CollectorConfig
from data_collector.delivery import Delivery, NotEnrolledError
from data_collector.sending import proxy_for
from data_collector.service import Service
from data_collector.toml_table import ConfigError as BadConfigError
from data_collector.vendor_files import load_definitions
from direct_connect.spool import ConfigError, DirectConnectError
from direct_connect.uplink import EnrolmentRefusedError, PortalUnreachableError, Proxy

DONE: Final = 0
FAILED: Final = 1
MISCONFIGURED: Final = 2
_log = logging.getLogger(__name__)


def run_service(config: CollectorConfig, clock: Clock, *, once: bool) -> int:
    """The exit code of the service, or of one scan. Every expected end is one log line, never a traceback."""
    try:
        return asyncio.run(_serve(config, clock, once=once))
    except NotEnrolledError:
        _log.error(
            f"this collector is not enrolled: make a claim code in the portal and give it by --claim or {CLAIM_ENV}"
        )
        return MISCONFIGURED
    except (EnrolmentRefusedError, ConfigError, BadConfigError) as error:
        _log.error(str(error))
        return MISCONFIGURED
    except PortalUnreachableError as error:
        _log.error(str(error))
        return FAILED
    except DirectConnectError as error:
        _log.error(str(error))
        return FAILED
    except ImportError as error:
        _log.error(f"the SNMP library is not installed ({error}): pip install 'inkwire[collector]'")
        return MISCONFIGURED
    except OSError as error:
        _log.error(f"{error.filename or config.directory} cannot be used: {error.strerror or error}; check its owner")
        return MISCONFIGURED


async def _serve(config: CollectorConfig, clock: Clock, *, once: bool) -> int:
    proxy = Proxy.from_environment(os.environ, urlsplit(config.portal_url).hostname or "")
    delivery = Delivery(
        config.directory,
        config.portal_url,
        clock,
        config.claim,
        proxy,
        config.hold_unchanged_s,
        send=config.send,
        send_proxy=proxy_for(config.send, os.environ),
    )
    try:
        if not delivery.enrolled and config.claim is None:
            raise NotEnrolledError("not enrolled")
        service = Service(config, delivery.clock, delivery, load_definitions())
        if once:
            return DONE if await service.run_once() else FAILED
        await service.run()
        return DONE
    finally:
        delivery.close()
