"""Write the golden files of schema 1. Run once a schema version: `python -m tests.support.make_fixtures`.

Golden files are kept for ever: a test reads them with every later version. This program refuses to
overwrite what is there.
"""

import json
import sys
from pathlib import Path

from tests.support.golden_keys import golden_portal_key, golden_sender_key
from tests.support.wire import full_batch
from wire_format.codec import encode_batch
from wire_format.envelope import open_envelope, seal

GOLDEN = Path(__file__).parents[2] / "fixtures" / "wire" / "schema-1"


def main() -> int:
    """Seal the full batch with each kind of key, write it all down."""
    if GOLDEN.exists():
        print(f"{GOLDEN} is there already and is kept for ever", file=sys.stderr)
        return 1
    GOLDEN.mkdir(parents=True)
    portal = golden_portal_key()
    (GOLDEN / "portal.jwk.json").write_text(json.dumps(portal.public.to_jwk()) + "\n")
    for name in ("ed25519", "es256"):
        sender = golden_sender_key(name)
        batch = encode_batch(full_batch(sender.kid))
        (GOLDEN / f"sender-{name}.jwk.json").write_text(json.dumps(sender.public.to_jwk()) + "\n")
        (GOLDEN / f"batch-{name}.json").write_bytes(batch)
        envelope = seal(batch, sender, portal.public)
        (GOLDEN / f"batch-{name}.jwe").write_bytes(envelope)
        (GOLDEN / f"batch-{name}.jws").write_bytes(open_envelope(envelope, portal, sender.public).jws)
    return 0


if __name__ == "__main__":
    sys.exit(main())
