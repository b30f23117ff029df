"""`python -m tests.faults.sabotage SQL run ...`: a real run in which SQL strikes before its audit.

Stands for what no test can make happen at will: a model that builds a wrong table.
"""

import sys
from collections.abc import Callable

import matchback.flows.reconcile
from matchback.cli import main


def strike_before(audit: Callable[..., object], statement: str) -> Callable[..., object]:
    """Return an audit that finds the statement's damage."""

    def sabotaged(warehouse: object, *arguments: object, **options: object) -> object:
        warehouse.execute(statement)
        return audit(warehouse, *arguments, **options)

    return sabotaged


if __name__ == "__main__":
    matchback.flows.reconcile.audit = strike_before(
        matchback.flows.reconcile.audit, sys.argv.pop(1)
    )
    main()
