"""One job in the engine, computed arithmetically.

1. Impression k (1-based) is finished at `ready_ms + (k - ready_done) * step_ms`: nothing happens between
   two breaks, so nobody needs to be woken there.
2. A break is the next impression after which something changes: the job's end, a supply low or empty, media
   low or short, a jam, or a chunk that somebody wants to hear of.
3. Applying k impressions in one step or in many gives the same state.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from device_sim.core.profile import Family, Profile, meter_words
from device_sim.core.state import LivePrinter
from device_sim.core.workload import Order
from wire_format.records import Service


@dataclass(slots=True, kw_only=True)
class Run:
    """A job being printed, copied or scanned. done: impressions finished, for a scan images."""

    order: Order
    number: int
    started_ms: int
    ready_ms: int
    ready_done: int = 0
    done: int = 0
    break_at: int = 0
    warming: bool = False
    blocked: bool = False
    per_impression: tuple[tuple[int, int], ...] = field(default=())

    def done_at(self, at_ms: int) -> int:
        """How many impressions are finished at that time, at most up to the break."""
        if self.blocked or at_ms < self.ready_ms:
            return self.done
        made = self.ready_done + (at_ms - self.ready_ms) // self.order.step_ms
        return max(self.done, min(self.break_at, made))

    def break_ms(self) -> int | None:
        """When the break is reached, or None while something stops the engine."""
        if self.blocked:
            return None
        return self.ready_ms + (self.break_at - self.ready_done) * self.order.step_ms

    def media_used(self, impressions: int) -> int:
        """Media taken by the first impressions: millimetres of a roll, or sheets."""
        if self.order.category is not None:
            return impressions * self.order.format.length_mm
        return self.order.sheets(impressions)


def linear_meters(profile: Profile, order: Order) -> tuple[tuple[int, int], ...]:
    """What each impression adds to which meter: (place, increment)."""
    place = profile.meter_place
    if order.service is Service.SCAN:
        return ((place["scan.images"], 1),)
    shade = "color" if order.color else "monochrome"
    adds = {
        "total.impressions": 1,
        f"total.impressions.{shade}": 1,
        f"{order.service}.impressions": 1,
        f"{order.service}.impressions.{shade}": 1,
    }
    if profile.family is Family.LARGE_FORMAT:
        adds[f"{order.service}.area"] = order.format.width_mm * order.format.length_mm
        adds["media.length"] = order.format.length_mm
        for word, volume_ul in zip(meter_words(profile), order.inks_ul, strict=True):
            adds[f"ink.volume.{word}"] = volume_ul
    return tuple((place[name], add) for name, add in adds.items() if name in place and add)


def apply(state: LivePrinter, run: Run, done: int) -> int:
    """Bring meters, supplies and media up to `done` impressions of this job; the number of new ones."""
    before, made = run.done, done - run.done
    if made <= 0:
        return 0
    meters = state.meters
    for place, add in run.per_impression:
        meters[place] += add * made
    run.done = done
    order = run.order
    if order.service is Service.SCAN:
        return made
    amounts = state.supply_amounts
    for place, draw in enumerate(order.draws):
        if draw:
            amounts[place] -= draw * made
    sheets = order.sheets(done) - order.sheets(before) if order.duplex else made
    state.input_amounts[order.input_place] -= sheets if order.category is None else order.format.length_mm * made
    state.power_on_count += made
    state.output_counts[0] = min(state.output_counts[0] + sheets, state.profile.outputs[0].capacity)
    state.count("total.sheets", sheets)
    if sheets != made:
        state.count("total.sheets.duplex", made - sheets)
    if order.service is Service.COPY:
        state.count("scan.images", min(order.images, done) - min(order.images, before))
    return made


def next_break(state: LivePrinter, run: Run, jam_in: int, chunk: int) -> int:
    """The impression of the job after which something changes next."""
    ends = run.order.stops_after
    if run.order.service is Service.SCAN:
        return ends
    if chunk:
        ends = min(ends, run.done + chunk - state.meters[0] % chunk)
    return min((ends, run.done + jam_in, *(at for at in _shortages(state, run) if at > run.done)))


def _shortages(state: LivePrinter, run: Run) -> Iterator[int]:
    """After how many impressions something of what it needs is low, or runs out; none that the job does not come to."""
    left = run.order.stops_after - run.done
    for spec, amount, draw in zip(state.profile.supplies, state.supply_amounts, run.order.draws, strict=True):
        if not draw:
            continue
        low = spec.amount_max * spec.low_percent // 100
        if amount - draw * left > low:
            continue
        if amount > low:
            yield run.done - (low - amount) // draw
        else:
            yield run.done + amount // draw
    part = state.profile.inputs[run.order.input_place]
    amount = state.input_amounts[run.order.input_place]
    low = part.amount_max * part.low_percent // 100
    used = run.media_used(run.done)
    if amount - run.media_used(run.order.stops_after) + used > low:
        return
    ahead = range(run.done, run.order.stops_after + 1)
    if amount > low:
        yield run.done + bisect_left(ahead, used + amount - low, key=run.media_used)
    else:
        yield run.done + bisect_right(ahead, used + amount, key=run.media_used) - 1


def supplies_short(state: LivePrinter, run: Run) -> Iterator[tuple[int, bool]]:
    """Which supplies this job finds low or (True) too empty for its next impression."""
    for place, draw in enumerate(run.order.draws):
        amount, spec = state.supply_amounts[place], state.profile.supplies[place]
        if draw and amount < draw:
            yield place, True
        elif draw and amount <= spec.amount_max * spec.low_percent // 100:
            yield place, False


def media_short(state: LivePrinter, run: Run) -> bool | None:
    """True: no media for the next impression; False: low; None: enough."""
    place = run.order.input_place
    amount, part = state.input_amounts[place], state.profile.inputs[place]
    if amount == 0 or run.media_used(run.done + 1) - run.media_used(run.done) > amount:
        return True
    return False if amount <= part.amount_max * part.low_percent // 100 else None
