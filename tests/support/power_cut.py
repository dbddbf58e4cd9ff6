"""A spool on a disk whose power is cut again and again, at moments that matter, and what came of each cut."""

import multiprocessing
import random
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from direct_connect.errors import DirectConnectError
from direct_connect.spool import SqliteSpoolFile
from tests.support.power_cut_disk import CutDisk
from tests.support.power_cut_ledger import Harm, Ledger, what_is_left
from tests.support.power_cut_writer import PLACE, SENDERS, Told, write_until_cut

LIFE_S_MAX: Final = 20.0
LIVES_PER_SPOOL: Final = 6
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.power_cut_writer"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to cut: delay_s after the nth telling of a kind of call. damage: flip a byte before this life begins."""

    kind: str
    nth: int
    delay_s: float
    damage: bool = False


def moments(chance: random.Random, count: int) -> list[Moment]:
    """Cuts spread over what may go wrong. Each spool's first life is cut while the spool is being made.

    In two lives of three the log is folded into the file every few commits, and cuts fall into that too.
    """
    chosen = []
    for number in range(count):
        life = number % LIVES_PER_SPOOL
        if life == 0:
            chosen.append(Moment(kind="open", nth=1, delay_s=chance.uniform(0, 0.04)))
        elif life == LIVES_PER_SPOOL - 1:
            chosen.append(Moment(kind="open", nth=1, delay_s=chance.uniform(0, 0.08), damage=True))
        else:
            kind = chance.choice(["ack", "ack", "append", "job", "block", "call", "open"])
            nth = chance.randrange(1, 3 if kind == "open" else 25)
            chosen.append(Moment(kind=kind, nth=nth, delay_s=chance.uniform(0, 0.006)))
    return chosen


@dataclass(slots=True)
class Outcome:
    """What a row of cuts came to."""

    cuts: int = 0
    calls: int = 0
    repaired: int = 0
    unmade: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    harm: list[tuple[int, Moment, Harm]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many records whose call had returned were gone."""
        return sum(len(harm.lost) for _, _, harm in self.harm)


def cut_power_again_and_again(
    folder: Path, *, seed: int, cuts: int, synchronous: str = "FULL", until_loss: bool = False
) -> Outcome:
    """Let writers live and die. until_loss: the first lost record is enough."""
    chance, outcome = random.Random(seed), Outcome()
    disk = CutDisk(folder)
    try:
        ledger = Ledger()
        for life, moment in enumerate(moments(chance, cuts)):
            if life % LIVES_PER_SPOOL == 0:
                outcome.calls += ledger.calls
                ledger = _begin_anew(disk)
            forgiven = _flip_a_byte(disk.mount_point / PLACE, ledger, chance) if moment.damage else set()
            disk.sync()
            _live(disk, ledger, moment, life, synchronous)
            disk.restart()
            harm = _judge(disk, folder / f"left-{life}", ledger, forgiven, outcome)
            outcome.cuts += 1
            outcome.by_kind[moment.kind] = outcome.by_kind.get(moment.kind, 0) + 1
            if harm:
                outcome.harm.append((life, moment, harm))
                if until_loss and outcome.lost:
                    break
                ledger = _begin_anew(disk)  # what was lost once is not to be counted with every cut that follows
        outcome.calls += ledger.calls
    finally:
        disk.unmount()
    return outcome


def _begin_anew(disk: CutDisk) -> Ledger:
    shutil.rmtree(disk.mount_point / "spool", ignore_errors=True)
    return Ledger()


def _live(disk: CutDisk, ledger: Ledger, moment: Moment, life: int, synchronous: str) -> None:
    here, there = _PROCESSES.Pipe(duplex=False)
    writer = _PROCESSES.Process(target=write_until_cut, args=(there, disk.mount_point, life, synchronous))
    writer.start()
    there.close()
    try:
        _follow(here, ledger, moment)
        disk.cut()
    finally:
        writer.kill()
        writer.join()
    _drain(here, ledger)
    here.close()


def _follow(here: Connection, ledger: Ledger, moment: Moment) -> None:
    """Take what is told until the moment has come."""
    seen, end_s = 0, time.monotonic() + LIFE_S_MAX
    while seen < moment.nth and time.monotonic() < end_s and here.poll(end_s - time.monotonic()):
        try:
            told: Told = here.recv()
        except EOFError:
            raise AssertionError("the writer ended by itself: the spool failed without a power cut") from None
        ledger.take(told)
        seen += told.kind == moment.kind or (moment.kind == "call" and bool(told.sender))
    time.sleep(moment.delay_s)


def _drain(here: Connection, ledger: Ledger) -> None:
    """What was told before the power went."""
    while True:
        try:
            ledger.take(here.recv())
        except (EOFError, OSError):
            return


def _judge(disk: CutDisk, copy: Path, ledger: Ledger, forgiven: set[str], outcome: Outcome) -> Harm:
    """Look at a copy, so that the next writer finds the disk as the cut left it."""
    source = disk.mount_point / "spool"
    if source.exists():
        shutil.copytree(source, copy)
    try:
        left = what_is_left(copy)
    except DirectConnectError as error:
        return Harm(other=[f"it does not open: {error}"])
    outcome.unmade += not left
    outcome.repaired += any(each.gap for each in left.values())
    return ledger.check(left, forgiven)


def _flip_a_byte(path: Path, ledger: Ledger, chance: random.Random) -> set[str]:
    """Damage the row of a waiting job, so that the next start has a spool to replace. The job that is gone by it."""
    if not path.exists():
        return set()
    with SqliteSpoolFile.open(path) as file:  # folds the log into the file
        waiting = {each.position: each.job.job_id for sender in SENDERS for each in file.of(sender).events().jobs}
    if not waiting:
        return set()
    position = chance.choice(sorted(waiting))
    with closing(sqlite3.connect(path)) as db:
        body = db.execute("SELECT body FROM job WHERE position = ?", (position,)).fetchone()[0]
    mark = body.encode() if isinstance(body, str) else body
    place = chance.randrange(len(mark))
    flipped = mark[:place] + bytes([mark[place] ^ 1 << chance.randrange(7)]) + mark[place + 1 :]
    path.write_bytes(path.read_bytes().replace(mark, flipped))  # stale copies in free room too
    ledger.damaged = True
    return {waiting[position]}
