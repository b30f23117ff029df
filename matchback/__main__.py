"""`python -m matchback` is the console script."""

from matchback.cli import main

main()
