"""`python -m tests.faults.sabotage SQL run ...`: a real run in which SQL strikes before its audit.

Stands for what no test can make happen at will: a model that builds a wrong table.
"""

import sys
from collections.abc import Callable

import matchback.quality.audit
from matchback.cli import main


def strike_before(validate: Callable[..., object], statement: str) -> Callable[..., object]:
    """Return an audit that finds the statement's damage."""

    def sabotaged(warehouse: object, *arguments: object, **options: object) -> object:
        warehouse.execute(statement)
        return validate(warehouse, *arguments, **options)

    return sabotaged


if __name__ == "__main__":
    matchback.quality.audit.validate = strike_before(
        matchback.quality.audit.validate, sys.argv.pop(1)
    )
    main()
