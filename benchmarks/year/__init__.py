"""A year of the guarantee chain: what happens in it, and how it is played."""
