"""What one run loads: every source, without erased persons, to where the engine keeps rows."""
