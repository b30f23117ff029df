"""`python -m flows` is the console script."""

from flows.cli import main

main()
