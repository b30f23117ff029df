"""What a daily run costs; kept apart from the tests, because time is no assertion."""
