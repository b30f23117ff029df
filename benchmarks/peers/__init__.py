"""Other tools on the same files, each a script that runs in its own environment."""
