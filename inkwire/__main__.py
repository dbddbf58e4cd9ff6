"""`python -m inkwire` is the `inkwire` command."""

import sys

from inkwire.cli import main

sys.exit(main())
