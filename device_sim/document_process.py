"""Documents that must be read as a whole are counted in a process of their own, which may be ended at any time.

A thread cannot be stopped and its memory cannot be bounded; a hostile PDF may want both. The process gets the file
as its standard input and limits on time, memory and files from itself, before it reads the first octet; what it
answers are numbers. `python -m device_sim.document_process TYPE < FILE` is that process.
"""

import json
import resource
import subprocess
import sys
import warnings
from typing import IO, BinaryIO, Final

from device_sim.core.documents.counted import ColorUse, CountedDocument, Faces, guessed

WITHIN_S: Final = 20.0
CPU_S_MAX: Final = 15
MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024


def count_apart(media_type: str, file: IO[bytes]) -> CountedDocument:
    """The faces of a PDF or TIFF, by a process of its own; a guess where it fails or takes too long. Waits for it."""
    file.flush()
    file.seek(0)
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "device_sim.document_process", media_type],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what a library says about a document may quote it
    )
    try:
        answer, _ = child.communicate(timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        answer, _ = child.communicate()
    return _best(media_type, answer[:ANSWER_BYTES_MAX])


def _best(media_type: str, answer: bytes) -> CountedDocument:
    """The last whole line of an answer, which begins with a quick guess and ends with the careful count."""
    for line in reversed(answer.splitlines()):
        try:
            told = json.loads(line)
            return CountedDocument(
                media_type=media_type,
                faces=tuple(
                    Faces(count=count, width_mm=width, length_mm=length, color=ColorUse(color), images=images)
                    for count, width, length, color, images in told["faces"]
                ),
                guess=told["guess"],
            )
        except (ValueError, KeyError, TypeError):
            continue
    return guessed(media_type, "it cannot be read")


def _told(document: CountedDocument) -> str:
    faces = [[run.count, run.width_mm, run.length_mm, run.color.value, run.images] for run in document.faces]
    return json.dumps({"faces": faces, "guess": document.guess})


def _say(document: CountedDocument) -> None:
    sys.stdout.write(_told(document) + "\n")
    sys.stdout.flush()


def _count(media_type: str, file: BinaryIO) -> None:
    # Imported here: the fleet itself reads no document, and a library for PDF is 9 MB of its memory.
    from device_sim.core.documents import pdf, tiff

    if media_type == tiff.MEDIA_TYPE:
        _say(tiff.count_tiff(file))
        return
    _say(pdf.scan_pdf(file))
    file.seek(0)
    _say(pdf.count_pdf(file))


def main() -> int:
    """Count what stands on standard input; 1 where only a guess, or nothing, could be said."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (ANSWER_BYTES_MAX, ANSWER_BYTES_MAX))
    warnings.simplefilter("ignore")
    try:
        _count(sys.argv[1], sys.stdin.buffer)
    except Exception:  # whatever a library stumbles over; what was said before is the answer
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
