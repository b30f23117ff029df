"""What a run may publish, and what it is worth."""
