"""Files of a service, each as one step that can be told before it is done, and done again without harm."""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_collector.core.unit import USER
from data_collector.systemd import Place, ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change. told: what it does, in the words of the log. act: True when something had to change."""

    told: str
    act: Callable[[], bool]


def written(place: Place, path: str, text: str, mode: int, *, group: bool = False, kept_before: bool = False) -> Step:
    """A file with this text. group: the service's group may read it. kept_before: the old one stays, as .old."""

    def act() -> bool:
        file = place.on(path)
        before = read(file) if file.exists() else None
        if before == text and stat.S_IMODE(file.stat().st_mode) == mode and _group_is(place, file, wanted=group):
            return False
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        aside = file.with_name(f"{file.name}.new")
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        if before not in (None, text) and kept_before:
            file.replace(file.with_name(f"{file.name}.old"))
        if os.geteuid() == 0:
            os.chown(aside, 0, ids(place)[1] if group else 0)
        aside.chmod(mode)
        aside.replace(file)
        return True

    return Step(told=f"{path} is written", act=act)


def owned(place: Place, path: str) -> Step:
    """A file with a secret that the service's user, and nobody else, may read."""
    if place.root is None and Path("/etc/inkwire") not in Path(path).parents:
        raise ServiceError(f"{path} holds a secret of the service: move it to /etc/inkwire, and name it there")

    def act() -> bool:
        file, (user, group) = place.on(path), ids(place)
        if not file.exists() or os.geteuid() != 0 or file.stat().st_uid == user:
            return False
        os.chown(file, user, group)
        return True

    return Step(told=f"{path} belongs to {USER}", act=act)


def gone(place: Place, path: str) -> Step:
    """A file or a folder that is no more."""

    def act() -> bool:
        file = place.on(path)
        if not file.exists():
            return False
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
        return True

    return Step(told=f"{path} is removed", act=act)


def ids(place: Place) -> tuple[int, int]:
    """User and group of the service; (0, 0) before it has any."""
    for line in read(place.on("/etc/passwd")).splitlines():
        fields = line.split(":")
        if fields[0] == USER and len(fields) > 3:
            return int(fields[2]), int(fields[3])
    return 0, 0


def _group_is(place: Place, file: Path, *, wanted: bool) -> bool:
    return os.geteuid() != 0 or file.stat().st_gid == (ids(place)[1] if wanted else 0)


def read(file: Path) -> str:
    """The text of a file; nothing of one that is not there, or not for us."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
