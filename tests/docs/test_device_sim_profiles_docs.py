"""docs/howto/profiles.md tells every key of a profile, and its example is one."""

import dataclasses
import re
from pathlib import Path

import pytest

from device_sim.core import agent_spec, profile
from device_sim.core.mib import printer_book
from device_sim.core.printer import Printer
from device_sim.core.profile_rules import parse_profile
from tests.support.device_sim import HOUR_S, MONDAY_7

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "profiles.md").read_text(encoding="utf-8")
TOLD = set(re.findall(r"`\[?([a-z0-9_-]+)\]?`", PAGE, re.IGNORECASE))
SHAPES = (
    profile.Profile, profile.SupplySpec, profile.InputSpec, profile.OutputSpec, profile.SizeBand, profile.FormatSpec,
    profile.CategorySpec, profile.Web, profile.Workload, profile.Trouble, profile.Pace, profile.Life,
    agent_spec.LanguageSpec, agent_spec.FinisherSpec, agent_spec.Record, agent_spec.VendorObject,
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_key_is_told(shape: type) -> None:
    keys = {field.name for field in dataclasses.fields(shape)}

    assert keys - TOLD == set()


def test_every_module_and_every_word_for_an_object_is_told() -> None:
    words = {*agent_spec.MODULES, *agent_spec.SHOWN, *agent_spec.RECORD_SHOWN}

    assert words - TOLD == set()


def test_the_example_is_a_model_that_prints() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    model = parse_profile(example, "docs/howto/profiles.md")
    one = Printer(model, seed=1, index=0, address="127.1.0.1", at_s=MONDAY_7)
    before = one.state.meters[0]
    one.advance(MONDAY_7 + 6 * HOUR_S)

    assert one.state.meters[0] > before
    assert len(printer_book(model).layout) > 200
