"""What a run does, step by step, and what it leaves in ops.runs."""
