"""The commands of `inkwire sim`, one file each: `add` describes it, the rest does it."""
