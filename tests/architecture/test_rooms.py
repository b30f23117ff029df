"""Which room of the package may import which: the whole table, and nothing beyond it."""

from collections import defaultdict
from functools import cache
from graphlib import TopologicalSorter

from tests.architecture.shipped import PACKAGE, imported_modules, shipped_modules

MAY_IMPORT: dict[str, set[str]] = {
    # Rules and data that know nothing but themselves.
    "core": set(),
    "hashing": set(),
    "pii": set(),
    "checks": {"core"},
    "config": {"core"},
    "destinations": {"core"},
    "project": {"config", "core"},
    # Where rows are kept, and what brings them.
    "warehouse": {"config", "core"},
    "sources.kit": {"config", "core", "warehouse"},
    "sources.ga4": {"config", "core", "sources.kit", "warehouse"},
    "sources.logs": {"config", "core", "sources.kit", "warehouse"},
    "sources.crm": {"config", "core", "hashing", "sources.kit", "warehouse"},
    "sources.consent": {"config", "core", "sources.kit", "warehouse"},
    "sources.meta_quality": {"config", "core", "warehouse"},
    "sources": {
        "core",
        "sources.consent",
        "sources.crm",
        "sources.ga4",
        "sources.kit",
        "sources.logs",
        "sources.meta_quality",
        "warehouse",
    },
    "opening": {"config", "core", "sources", "sources.ga4", "warehouse"},
    "simulator": {"core", "sources.ga4", "warehouse"},
    # Services.
    "privacy": {
        "config",
        "core",
        "hashing",
        "pii",
        "sources",
        "sources.consent",
        "sources.ga4",
        "sources.kit",
        "warehouse",
    },
    "loading": {
        "config",
        "core",
        "opening",
        "pii",
        "privacy",
        "sources",
        "sources.ga4",
        "sources.kit",
        "sources.meta_quality",
        "warehouse",
    },
    "expectations": {"checks", "core", "warehouse"},
    "quality": {"checks", "config", "core", "expectations", "warehouse"},
    "build": {
        "checks",
        "config",
        "core",
        "opening",
        "privacy",
        "quality",
        "sources",
        "sources.kit",
        "warehouse",
    },
    "alerting": {"checks", "config", "core", "warehouse"},
    "reporting": {"build", "checks", "config", "core", "opening", "quality", "warehouse"},
    # When things run, and how they are asked for.
    "runs": {
        "alerting",
        "build",
        "config",
        "core",
        "loading",
        "opening",
        "privacy",
        "project",
        "quality",
        "reporting",
        "sources.kit",
        "warehouse",
    },
    "prefect_api": {"core", "runs"},
    "flows": {
        "alerting",
        "loading",
        "opening",
        "prefect_api",
        "privacy",
        "project",
        "runs",
        "sources.kit",
    },
    "schedule": {
        "alerting",
        "config",
        "core",
        "flows",
        "opening",
        "prefect_api",
        "project",
        "warehouse",
    },
    "doctor": {
        "config",
        "core",
        "hashing",
        "opening",
        "prefect_api",
        "sources.crm",
        "sources.kit",
        "warehouse",
    },
    "commands": {
        "alerting",
        "build",
        "core",
        "doctor",
        "flows",
        "hashing",
        "opening",
        "pii",
        "prefect_api",
        "privacy",
        "project",
        "quality",
        "reporting",
        "runs",
        "schedule",
        "simulator",
    },
    "cli": {"commands", "core"},
    "__main__": {"cli"},
}


def room_of(module: str) -> str:
    """Return the room of a module: the folder or file below the package; each source is one."""
    parts = module.removeprefix(f"{PACKAGE}.").split(".")
    source = ".".join(parts[:2])
    return source if source in MAY_IMPORT else parts[0]


@cache
def arrows() -> dict[tuple[str, str], list[str]]:
    """Return every arrow from room to room with the modules that draw it."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for module, path in shipped_modules().items():
        if module == PACKAGE:
            continue
        for target in imported_modules(path):
            if target.startswith(f"{PACKAGE}.") and room_of(target) != room_of(module):
                found[room_of(module), room_of(target)].append(module)
    return found


ALLOWED = {(room, other) for room, others in MAY_IMPORT.items() for other in others}


def test_the_table_names_every_room() -> None:
    rooms = {room_of(module) for module in shipped_modules() if module != PACKAGE}

    assert rooms == set(MAY_IMPORT)


def test_no_room_imports_what_the_table_does_not_allow() -> None:
    forbidden = {arrow: by for arrow, by in arrows().items() if arrow not in ALLOWED}

    assert forbidden == {}


def test_every_allowed_arrow_is_used() -> None:
    assert ALLOWED - set(arrows()) == set()


def test_rooms_form_no_circle() -> None:
    order = list(TopologicalSorter(MAY_IMPORT).static_order())

    assert set(order) == set(MAY_IMPORT)
