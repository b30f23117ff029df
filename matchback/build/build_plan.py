"""The plan of a build: what dbt compiled once for a config, bound to the window of each run.

Only a few settings differ from day to day. dbt compiles the project with stand-ins for them, which
no real day has; binding puts the day's own in their place. A plan is found again by everything
else that shaped it, so a daily run neither imports dbt nor renders a template.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from matchback.build.dbt_cache import cache_folder, keep
from matchback.core.resources import PACKAGE_ROOT

Plan = dict[str, Any]

PLANS_KEPT = 24
# What gives a plan its form; a plan of another form is never read.
MAKERS = ("build/build_plan.py", "build/dbt_plan.py")

# The window of a plan: every date literal of these decades was counted from it, by whole days.
FIRST_DAY = date(1620, 1, 1)
WINDOW_DATE = re.compile(r"(?<=')16[0-4]\d-\d\d-\d\d")
AS_OF = "1700-01-01T00:00:00"
RUN_ID = "the run of a plan"
# A list of dates holds one; an empty list is rendered as the year 1000, as in the macro date_list.
LOADED_DATE = "1710-01-01"
HOLIDAY = "1720-01-01"
NO_DATE = "1000-01-01"

# Known only when a run has loaded; all other settings follow from the config.
KNOWN_LATE = ("start_date", "end_date", "has_gateway", "releases")


def stand_ins(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with a stand-in for each that differs from day to day."""
    length = _day(settings, "end_date") - _day(settings, "start_date")
    return {
        **settings,
        "start_date": FIRST_DAY.isoformat(),
        "end_date": (FIRST_DAY + length).isoformat(),
        "as_of": AS_OF,
        "run_id": RUN_ID,
        "loaded_dates": [LOADED_DATE],
        "holidays": [HOLIDAY],
    }


def bind(plan: Plan, settings: Mapping[str, Any]) -> Plan:
    """Return the plan with the values of one run in the place of the stand-ins."""
    moved = _day(settings, "start_date") - FIRST_DAY
    return _bound(plan, settings, moved)


def plan_file(project: str, settings: Mapping[str, Any], selection: Sequence[str]) -> Path:
    """Return where the plan of these settings lies, if there is one."""
    shaped = stand_ins(settings)
    early = {name: value for name, value in shaped.items() if name not in KNOWN_LATE}
    late = [shaped.get(name) for name in KNOWN_LATE]
    makers = [hashlib.sha256((PACKAGE_ROOT / one).read_bytes()).hexdigest() for one in MAKERS]
    name = f"{_digest([project, makers, early])}-{_digest([late, *selection])}.plan"
    return cache_folder() / name


def has_plan_like(path: Path) -> bool:
    """Say whether some window of the same config has a plan."""
    return any(path.parent.glob(f"{path.name.split('-')[0]}-*.plan"))


def read_plan(path: Path) -> Plan | None:
    """Return a plan from the cache; None when there is none that can be read."""
    with suppress(OSError, ValueError):
        plan = json.loads(path.read_bytes())
        path.touch()
        return plan
    return None


def keep_plan(path: Path, plan: Plan) -> None:
    """Put a plan into the cache."""
    keep(path, json.dumps(plan).encode(), PLANS_KEPT)


def _bound(part: Any, settings: Mapping[str, Any], moved: timedelta) -> Any:  # noqa: ANN401
    if isinstance(part, dict):
        return {name: _bound(value, settings, moved) for name, value in part.items()}
    if isinstance(part, list):
        return [_bound(value, settings, moved) for value in part]
    return _bound_text(part, settings, moved) if isinstance(part, str) else part


def _bound_text(text: str, settings: Mapping[str, Any], moved: timedelta) -> str:
    text = WINDOW_DATE.sub(lambda day: (date.fromisoformat(day[0]) + moved).isoformat(), text)
    for stand_in, name in ((LOADED_DATE, "loaded_dates"), (HOLIDAY, "holidays")):
        days = settings.get(name) or [NO_DATE]
        text = text.replace(_cast(stand_in), ", ".join(map(_cast, days)))
    return text.replace(AS_OF, settings["as_of"]).replace(RUN_ID, settings["run_id"])


def _cast(day: str) -> str:
    return f"cast('{day}' as date)"


def _day(settings: Mapping[str, Any], name: str) -> date:
    return date.fromisoformat(settings[name])


def _digest(parts: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
