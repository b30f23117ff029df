"""What the peers' scripts share; they run in their own environments, so nothing of this project."""

import json
import sys
from pathlib import Path
from typing import Any

# The script of a peer gets its world, and the folder with the flat tables made for it.
WORLD, FLAT = (Path(argument) for argument in sys.argv[1:3])
PERSONAL = (FLAT / "personal.txt").read_text(encoding="utf-8")
# Columns of the flat client table that are no texts to be looked at.
KEYS = ("event_key", "event_name", "event_id", "order_id", "user_pseudo_id", "value", "currency")
NOT_NULL = ("event_key", "event_name", "event_id")


def say(**figures: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print what was found as one JSON object."""
    sys.stdout.write("\n" + json.dumps(figures, default=str) + "\n")
