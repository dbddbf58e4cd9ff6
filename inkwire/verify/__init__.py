"""Whether the portal shows what the fleet printed: each thing once, unaltered, in time."""
