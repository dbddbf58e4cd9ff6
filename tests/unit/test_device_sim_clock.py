"""Virtual time may be stopped, hurried and moved ahead, and never goes back."""

import math
import threading
import time

from device_sim.clock import ClockSpec, ScaledClock
from tests.support.device_sim import MONDAY_7


def clock(speed: float = 10.0) -> ScaledClock:
    return ScaledClock(ClockSpec(epoch_s=MONDAY_7, real_s=time.time(), speed=speed))


def test_a_frozen_clock_stands_until_it_is_resumed_and_goes_on_from_there() -> None:
    led = clock(100_000.0)
    led.freeze()
    stood_s = led.now_s()

    assert led.frozen and led.now_s() == stood_s and led.real_until(stood_s + 1) == math.inf
    led.resume()
    assert not led.frozen and led.speed == 100_000.0 and led.now_s() >= stood_s


def test_a_jump_is_ahead_at_once_and_a_jump_back_is_none() -> None:
    led = clock()

    led.jump(MONDAY_7 + 86_400)
    ahead_s = led.now_s()
    led.jump(MONDAY_7)

    assert ahead_s >= MONDAY_7 + 86_400 and led.now_s() >= ahead_s


def test_another_speed_counts_from_the_moment_it_was_given() -> None:
    led = clock(1.0)
    led.freeze()
    led.run_at(600.0)
    before_s = led.now_s()
    assert led.frozen
    led.resume()

    assert led.real_until(before_s + 600) <= 1.0


def test_who_waits_for_a_moment_is_woken_when_time_jumps_over_it() -> None:
    led, condition, woken = clock(1.0), threading.Condition(), threading.Event()
    ready = threading.Event()

    def wait() -> None:
        with condition:
            ready.set()
            while led.now_s() < MONDAY_7 + 3600:
                led.wait(condition, MONDAY_7 + 3600)
        woken.set()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    ready.wait(10)
    with condition:
        pass  # the other one waits now, or looks at the clock after the jump
    led.jump(MONDAY_7 + 7200)

    assert woken.wait(10)
    waiting.join(10)


def test_whoever_reckons_with_the_clock_is_told_that_it_was_led() -> None:
    led, told = clock(), []
    led.on_change(lambda: told.append(led.now_s()))

    led.freeze()
    led.resume()
    led.run_at(5.0)
    led.jump(MONDAY_7 + 86_400)

    assert len(told) == 4
