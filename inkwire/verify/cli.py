"""`inkwire verify`: parses, calls, prints."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from inkwire.verify.compare import compare
from inkwire.verify.errors import ExportError, VerifyError
from inkwire.verify.export import PortalAddress, Progress, fetch_export, trust
from inkwire.verify.limits import Limits
from inkwire.verify.show import as_json, printable, table
from inkwire.verify.truth import read_truth
from wire_format.strict_json import compact_json

TOKEN_VARIABLE = "INKWIRE_PORTAL_TOKEN"
CA_VARIABLE = "INKWIRE_PORTAL_CA"
_LIST_MAX = 50
_EPILOG = """example:
  inkwire verify truth.jsonl --portal https://127.0.0.1:8443 --ca ca.pem --token-file token

exit code: 0 nothing lost, twice, invented, altered or late; 1 a difference; 2 no comparison was
possible"""


def main(argv: Sequence[str] | None = None, *, prog: str = "inkwire verify") -> int:
    """Compare a fleet's truth with a portal; the verdict on stdout. Returns 0, 1 or 2 as --help says."""
    options = parser(prog).parse_args(argv)
    try:
        return _verify(options, os.environ)
    except VerifyError as error:
        _clear()
        print(f"{prog}: {printable(str(error))}", file=sys.stderr)
        return 2


def parser(prog: str = "inkwire verify") -> argparse.ArgumentParser:
    """The command line of `inkwire verify`."""
    made = argparse.ArgumentParser(
        prog=prog,
        usage=f"{prog} TRUTH --portal URL [OPTION ...]",
        description="Compare what a fleet printed with what the portal shows, and name every difference.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("truth", metavar="TRUTH", type=Path, help="file that `inkwire sim run --truth TRUTH` writes")
    made.add_argument("--portal", metavar="URL", required=True, help="the portal, https://HOST:PORT")
    made.add_argument(
        "--token-file", metavar="FILE", type=Path, help=f"read-only API token; without it ${TOKEN_VARIABLE}"
    )
    made.add_argument(
        "--ca",
        metavar="FILE",
        type=Path,
        help=f"the only CA to trust, PEM; without it ${CA_VARIABLE}, else the system's CAs",
    )
    limits = Limits()
    made.add_argument(
        "--late-after",
        metavar="SECONDS",
        type=_seconds,
        default=limits.late_after_s,
        help="of the fleet's clock, from made to received (default %(default)g: 4 h)",
    )
    made.add_argument(
        "--critical-late-after",
        metavar="SECONDS",
        type=_seconds,
        default=limits.critical_late_after_s,
        help="the same for a critical alert, which leaves at once (default %(default)g: one real second of a demo)",
    )
    made.add_argument(
        "--pending-within",
        metavar="SECONDS",
        type=_seconds,
        default=limits.pending_within_s,
        help="younger than this may still be on its way (default %(default)g: 3 h; 0: the fleet has stopped)",
    )
    made.add_argument(
        "--allow-others",
        action="store_true",
        help="pass over devices that TRUTH does not name: they are not this fleet's",
    )
    made.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    made.add_argument(
        "--list-max",
        metavar="N",
        type=_count,
        help=f"name at most N differences (default {_LIST_MAX}, with --json all)",
    )
    return made


def _verify(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    portal = PortalAddress.parse(options.portal)
    token = _token(options.token_file, environment)
    ca = options.ca or (Path(environment[CA_VARIABLE]) if environment.get(CA_VARIABLE) else None)
    tls = trust(ca)
    truth = read_truth(options.truth)
    export = fetch_export(portal, token, tls, _progress())
    _clear()
    verdict = compare(
        truth,
        export,
        Limits(
            late_after_s=options.late_after,
            critical_late_after_s=options.critical_late_after,
            pending_within_s=options.pending_within,
            others_allowed=options.allow_others,
        ),
    )
    if options.json:
        print(compact_json(as_json(verdict, truth, str(portal), list_max=options.list_max)))
    else:
        list_max = _LIST_MAX if options.list_max is None else options.list_max
        colour = sys.stdout.isatty() and not environment.get("NO_COLOR")
        print(table(verdict, truth, str(portal), list_max=list_max, colour=colour))
    return 0 if verdict.same else 1


def _token(file: Path | None, environment: Mapping[str, str]) -> str:
    try:
        token = environment.get(TOKEN_VARIABLE, "") if file is None else file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not plain text"
        raise ExportError(
            f"the token file {file} cannot be read: {reason}; make a token with `inkwire portal create-token`"
        ) from error
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ExportError(
            f"no usable token in {file or TOKEN_VARIABLE}; make one with `inkwire portal create-token` "
            f"and give it with --token-file FILE or {TOKEN_VARIABLE}"
        )
    return token


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 10**9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0")
    return seconds


def _count(text: str) -> int:
    count = int(text) if text.isascii() and text.isdigit() else -1
    if count < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0")
    return count


def _progress() -> Progress | None:
    if not sys.stderr.isatty():
        return None

    def told(name: str, lines: int) -> None:
        print(f"\r\x1b[Kreading the portal's {name}: {lines:,}", end="", file=sys.stderr, flush=True)

    return told


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
