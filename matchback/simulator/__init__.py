"""The simulator: realistic, labelled worlds with leaks on purpose."""
