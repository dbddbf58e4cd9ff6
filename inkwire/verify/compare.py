"""Whether a portal shows what a fleet printed. Pure: two values in, a verdict out.

Devices
 1. Each printer of the truth is exactly one device of the portal, by serial. None is lost, two are twice.
 2. A printer with a sender key of its own is reported by that sender, or its records are somebody else's: altered.
 3. A device that is no printer of the truth is invented, with all that it shows; unless others are allowed.

Jobs
 4. A job that a printer pushed is there once, by its id, each field as it was made (but the name, which
    follows a policy at the sender). What the portal adds or leaves out is altered too.
 5. It is late when it was received more than late_after after it was completed. It is pending, not lost, while
    it is younger than the trigger window and no later job of the same printer has come: a sender keeps the order.
 6. A collector sees the last job_log jobs of a printer at each reading. Only a job that some reading
    certainly could see is expected; the others are unseen. Its id begins with the printer's own, and may go on
    behind a "-". Fields are compared where both sides have them (a job table without services makes all of them
    print), times to the margin of a reading; lateness counts from the first reading.
 7. A job that no printer made is invented; twice, if it is one that was made, under another id.
 8. What no printer made, but within a margin of the moment the truth was written or later, is newer, and not judged.

Meters
 9. The latest value of a meter, from whatever source, is the value in the printer. Larger is altered, always:
    somebody would pay for it. Smaller is altered if the meter last changed before that reading; if it
    changed after, it is pending within the window, and late beyond it.
10. Sources that were read at one moment agree, and a later reading is never lower than an earlier one: else altered.
    Two latest values from one source are twice.
11. A printer that pushes shows every meter. A scanned one shows total.impressions at least, or, where its
    Printer MIB counts length, media.length; which others it tells is the model's affair (unseen).
    Whole metres, square metres and millilitres, rounded down, are right where a collector read them.
12. A meter that the printer does not keep is invented; but where none is in colour, all impressions are monochrome
    ones, and may be shown as such. A right value that took more than late_after to come is late.

Alerts
13. An alert that a printer pushed is there once: code, severity, onset, and cleared when cleared. A sender may
    fold alerts of one code that ended before it could tell of them into the newest, with the first onset and
    their count.
14. A critical one leaves at once and is late after critical_late_after, there or not; others as jobs.
15. A collector sees the alerts that stand at a reading. Only one that certainly stood at some reading is
    expected; it is matched by code and onset, since a collector numbers alerts in its own way.
16. An alert that no printer raised is invented.

Effects
17. A printer without power or network can tell nobody: that time makes nothing late, and what it made shortly before
    it went is pending while it is away. Jobs and alerts of a scanned one are seen at readings only, as ever.
18. A count that was set (by hand, by another main board, by a reset) may be lower than a value read before; that value
    is then pending or late like any other, not altered. The printer's own job log is empty after such a change, so
    that only jobs ended since can be seen.
19. A printer whose main board gave it another serial is one device for each of them: all its rows are its own.

"Certainly" leaves a margin on both sides of a reading: the printer's moment and the reader's are not the same.
When the fleet has stopped and has sent everything (pending_within_s 0), nothing is pending and nothing is newer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from inkwire.verify.alert_rules import judge_alerts, tell_alert
from inkwire.verify.facts import Export, MadeBy, ShownDevice, Truth
from inkwire.verify.job_rules import judge_jobs, tell_job
from inkwire.verify.limits import Limits
from inkwire.verify.meter_rules import MAIN_METER, judge_meters, tell_meter
from inkwire.verify.verdict import NOTHING, Fault, Impressions, Pass, Tally, Thing, Verdict


class _OfDevice(Protocol):
    @property
    def device_id(self) -> str: ...
    @property
    def serial(self) -> str | None: ...


_Row = TypeVar("_Row", bound=_OfDevice)


def compare(truth: Truth, export: Export, limits: Limits | None = None) -> Verdict:
    """Count and name everything lost, twice, invented, altered or late. Rules: above."""
    limits = limits or Limits()
    frame = limits.frame(truth)
    tally = Tally()
    devices = _by_serial(export.devices)
    readings = _by_serial(export.readings)
    meters, jobs, alerts = _by_serial(export.meters), _by_serial(export.jobs), _by_serial(export.alerts)
    jobs_made = jobs_shown = meters_made = meters_shown = 0
    for made in truth.printers:
        serials = (made.printer.serial, *made.printer.former_serials)
        shown = _of_any(jobs, serials)
        seen = _of_any(readings, serials)
        _judge_device(made, [devices.get(serial, []) for serial in serials], tally)
        judge_jobs(made, shown, seen, frame, tally)
        judge_alerts(made, _of_any(alerts, serials), seen, frame, tally)
        current = next((meters[serial] for serial in serials if serial in meters), [])
        values = judge_meters(made, current, frame, tally)
        jobs_made += sum(job.job.impressions or 0 for job in made.jobs)
        jobs_shown += sum(row.job.impressions or 0 for row in shown)
        if MAIN_METER in values:
            meters_made += sum(meter.value for meter in made.meters if meter.name == MAIN_METER)
            meters_shown += values[MAIN_METER]
    if not limits.others_allowed:
        known = {serial for made in truth.printers for serial in (made.printer.serial, *made.printer.former_serials)}
        _judge_strangers(known, export, tally)
    return tally.verdict(
        Impressions(
            jobs_made=jobs_made,
            jobs_shown=jobs_shown,
            jobs_unseen=tally.impressions_unseen,
            meters_made=meters_made,
            meters_shown=meters_shown,
        )
    )


def _by_serial(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    grouped: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.serial is not None:
            grouped[row.serial].append(row)
    return grouped


def _of_any(rows: Mapping[str, Sequence[_Row]], serials: Iterable[str]) -> list[_Row]:
    return [row for serial in serials for row in rows.get(serial, ())]


def _judge_device(made: MadeBy, by_serial: Sequence[Sequence[ShownDevice]], tally: Tally) -> None:
    printer = made.printer
    rows = [row for rows in by_serial for row in rows]
    if not rows:
        tally.differ(
            Fault.LOST, Thing.DEVICE, printer, "", wanted=f"the device {printer.model or ''}".strip(), found=NOTHING
        )
        return
    tally.note(Thing.DEVICE, Pass.FOUND)
    if any(len(of_one) > 1 for of_one in by_serial):
        ids = ", ".join(row.device_id for row in rows)
        tally.differ(Fault.TWICE, Thing.DEVICE, printer, "", wanted="one device", found=f"devices {ids}")
    if printer.sender is not None and not any(printer.sender in row.senders for row in rows):
        senders = ", ".join(sender for row in rows for sender in row.senders) or NOTHING
        tally.differ(
            Fault.ALTERED, Thing.DEVICE, printer, "", wanted=f"reports of sender {printer.sender}", found=senders
        )


def _judge_strangers(serials: set[str], export: Export, tally: Tally) -> None:
    def name(thing: Thing, rows: Iterable[_Row], item: Callable[[_Row], str], told: Callable[[_Row], str]) -> None:
        for row in rows:
            if row.serial is None or row.serial not in serials:
                tally.differ(
                    Fault.INVENTED,
                    thing,
                    None,
                    item(row),
                    wanted=NOTHING,
                    found=f"{told(row)} (device {row.device_id})",
                    serial=row.serial or "",
                )

    name(Thing.DEVICE, export.devices, lambda _: "", lambda _: "a device that is no printer of the truth")
    name(Thing.METER, export.meters, lambda row: row.name, tell_meter)
    name(Thing.JOB, export.jobs, lambda row: row.job.job_id, lambda row: tell_job(row.job))
    name(Thing.ALERT, export.alerts, lambda row: row.alert_id, tell_alert)
