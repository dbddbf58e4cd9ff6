"""Whatever a device sends, a report comes out that the wire accepts."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from data_collector.core.evidence import Evidence, Oid, Picture, SnmpValue
from data_collector.core.gathered import plain
from data_collector.core.ipp import IppDecodeError, decode_reply
from data_collector.core.ipp_jobs import JOBS_WANTED
from data_collector.core.ledm import LedmDecodeError, ledm_paths, parse_document
from data_collector.core.normalise import report
from data_collector.core.reading import IDENTIFY, is_printer, questions
from data_collector.core.serials import canonical_serial
from data_collector.core.text import decode_text
from data_collector.core.vendors import Definition
from tests.support.data_collector_core import ADDRESS, DEFINITIONS, NOON, ipp_reply
from wire_format.codec import decode_report, encode_report

VALUES = st.one_of(
    st.integers(-(2**31), 2**32),
    st.integers(-4, 120),
    st.binary(max_size=40),
    st.text(max_size=20).map(str.encode),
    st.lists(st.integers(0, 2**32), max_size=6).map(tuple),
)
SUFFIXES = st.lists(st.integers(0, 5), max_size=3).map(tuple)


def interesting(definition: Definition) -> list[Oid]:
    """Every object a collector looks at for one maker."""
    seen = Picture({(1, 3, 6, 1, 2, 1, 1, 2, 0): definition.object_ids[0]}.items())
    asked = questions(seen, DEFINITIONS, jobs=True)
    tables = [(*walk.root, column) for walk in asked.walks for column in range(12)]
    return [*IDENTIFY, *asked.gets, *(walk.root for walk in asked.walks), *tables]


OBJECTS = sorted({each for definition in DEFINITIONS for each in interesting(definition)})
MAKERS = st.sampled_from([definition.object_ids[0] for definition in DEFINITIONS])


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Nonsense in the places where sense is looked for."""
    rows = draw(st.lists(st.tuples(st.sampled_from(OBJECTS), SUFFIXES, VALUES), max_size=40))
    varbinds: list[tuple[Oid, SnmpValue]] = [((*root, *suffix), value) for root, suffix, value in rows]
    varbinds.append(((1, 3, 6, 1, 2, 1, 1, 2, 0), draw(MAKERS)))
    return Picture(varbinds)


DATES = struct.Struct(">HBBBBBBcBB")
"""DateAndTime of RFC 2579."""


@settings(max_examples=150, deadline=None)
@given(pictures())
def test_any_picture_makes_a_report_the_wire_accepts(seen: Picture) -> None:
    made = report(Evidence(address=ADDRESS, observed_at=NOON, picture=seen), DEFINITIONS)

    assert decode_report(encode_report(made)) == plain(made)
    names = [meter.name for meter in made.meters]
    assert len(set(names)) == len(names)
    is_printer(seen, DEFINITIONS)
    questions(seen, DEFINITIONS)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_as_ipp_make_a_report_the_wire_accepts(raw: bytes) -> None:
    for reply in (raw, b"\x01\x01\x00\x00\x00\x00\x00\x01" + raw, ipp_reply(raw)):
        made = report(Evidence(address=ADDRESS, observed_at=NOON, ipp=reply, ipp_jobs=reply), DEFINITIONS)
        assert decode_report(encode_report(made)) == plain(made)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["printer-state", "marker-levels", "marker-names", "printer-alert", "printer-supply"]),
        st.tuples(st.integers(0x10, 0x4A), st.binary(max_size=60)),
    )
)
def test_any_value_of_a_known_ipp_attribute_is_survived(attributes: dict[str, tuple[int, bytes]]) -> None:
    octets = b"".join(
        bytes([tag]) + len(name).to_bytes(2) + name.encode() + len(value).to_bytes(2) + value
        for name, (tag, value) in attributes.items()
    )

    made = report(Evidence(address=ADDRESS, observed_at=NOON, ipp=ipp_reply(octets)), DEFINITIONS)

    assert decode_report(encode_report(made)) == plain(made)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(JOBS_WANTED),
        st.tuples(
            st.sampled_from([0x13, 0x21, 0x23, 0x31, 0x34, 0x41, 0x44]),
            st.binary(max_size=14)
            | st.integers(-(2**31), 2**31 - 1).map(lambda number: number.to_bytes(4, signed=True))
            | st.builds(
                DATES.pack,
                *[st.integers(2010, 2030) | st.integers(0, 65_535)],
                *[st.integers(0, 60)] * 6,
                st.sampled_from([b"+", b"-"]),
                st.integers(0, 14),
                st.integers(0, 59),
            ),
        ),
    )
)
def test_any_value_of_a_job_is_survived(attributes: dict[str, tuple[int, bytes]]) -> None:
    ended = {"job-id": (0x21, b"\0\0\0\7"), "job-state": (0x23, b"\0\0\0\x09")}
    octets = b"".join(
        bytes([tag]) + len(name).to_bytes(2) + name.encode() + len(value).to_bytes(2) + value
        for name, (tag, value) in (attributes | ended).items()
    )

    made = report(Evidence(address=ADDRESS, observed_at=NOON, ipp_jobs=ipp_reply(octets)), DEFINITIONS)

    assert len(made.jobs) == 1
    assert decode_report(encode_report(made)) == plain(made)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["treeTableTopLevel", "contentsRow", ""]),
            st.lists(
                st.from_regex(r"\A[0-9]{1,9}[.,][0-9]{1,6} (m²|m|ml|ft²)\Z")
                | st.sampled_from(["K", "LM", "printed"])
                | st.from_regex(r"\A[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{4} [0-9]{1,2}:[0-9]{2}\Z")
                | st.text(max_size=9),
                max_size=6,
            ),
        ),
        max_size=6,
    ),
    st.binary(max_size=40),
)
def test_any_accounting_page_makes_a_report_the_wire_accepts(rows: list[tuple[str, list[str]]], noise: bytes) -> None:
    page = "".join(
        f'<tr class="{kind}"><td>x</td>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>' for kind, cells in rows
    )
    made = report(Evidence(address=ADDRESS, observed_at=NOON, job_page=page.encode() + noise), DEFINITIONS)

    assert decode_report(encode_report(made)) == plain(made)


WORDS = st.sampled_from(
    ["ProductUsageDyn", "PrinterSubunit", "TotalImpressions", "ConsumableConfigDyn", "ConsumableInfo", "JobList",
     "ConsumablePercentageLevelRemaining", "ProductStatusDyn", "Status", "StatusCategory", "ProductConfigDyn",
     "ProductInformation", "MakeAndModel", "SerialNumber", "AlertTable", "Alert", "Job", "JobUrl", "JobState"]
)  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="<&>", exclude_categories=["Cc", "Cs"]), max_size=12)
XML = st.recursive(
    TEXTS,
    lambda inner: st.tuples(WORDS, st.lists(inner, max_size=3)).map(
        lambda element: f"<{element[0]}>{''.join(element[1])}</{element[0]}>"
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(WORDS, st.lists(XML, max_size=4), st.binary(max_size=60))
def test_any_ledm_document_makes_a_report_the_wire_accepts(root: str, inner: list[str], noise: bytes) -> None:
    document = f"<{root}>{''.join(inner)}</{root}>".encode()
    made = report(Evidence(address=ADDRESS, observed_at=NOON, ledm={"/a": document, "/b": noise}), DEFINITIONS)

    assert decode_report(encode_report(made)) == plain(made)
    ledm_paths(noise)


@given(st.binary(max_size=80))
def test_any_octets_become_printable_text_or_nothing(raw: bytes) -> None:
    text = decode_text(raw)

    assert text.isprintable()
    assert text == text.strip()


@given(st.text(max_size=40))
def test_a_serial_is_its_own_canonical_form(text: str) -> None:
    serial = canonical_serial(text)

    assert serial is None or canonical_serial(serial) == serial


@given(st.binary(max_size=200))
def test_decoders_fail_in_their_own_words_only(raw: bytes) -> None:
    for decode, error in ((decode_reply, IppDecodeError), (parse_document, LedmDecodeError)):
        try:
            decode(raw)
        except error:
            continue
