"""Which room of the package may import which: the whole table, and nothing beyond it."""

from collections import defaultdict
from functools import cache
from graphlib import TopologicalSorter

from tests.architecture.shipped import PACKAGE, imported_modules, shipped_modules

SOURCE = {"config", "core", "sources.kit", "warehouse"}
MAY_IMPORT: dict[str, set[str]] = {
    # Rules that know nothing but themselves.
    "core": set(),
    "config": {"core"},
    "hashing": set(),
    "pii": set(),
    "orchestration": {"core"},
    "simulator": {"core"},
    # What is read and where it is kept.
    "warehouse": {"config", "core"},
    "sources.kit": {"config", "core", "warehouse"},
    "sources.ga4": SOURCE,
    "sources.logs": SOURCE,
    "sources.crm": SOURCE | {"hashing"},
    "sources.consent": SOURCE,
    "sources.meta_quality": SOURCE - {"sources.kit"},
    "sources": {
        "config",
        "core",
        "pii",
        "sources.consent",
        "sources.crm",
        "sources.ga4",
        "sources.logs",
        "sources.meta_quality",
        "warehouse",
    },
    # Services.
    "build": {
        "config",
        "core",
        "sources.consent",
        "sources.crm",
        "sources.ga4",
        "sources.kit",
        "sources.logs",
        "warehouse",
    },
    "expectations": {"build", "core", "warehouse"},
    "quality": {"config", "core", "expectations", "warehouse"},
    "privacy": {"config", "core", "hashing", "pii", "sources.kit", "warehouse"},
    "alerting": {"config", "core", "warehouse"},
    "reporting": {"build", "config", "core", "quality", "warehouse"},
    "schedule": {"alerting", "config", "core", "orchestration", "warehouse"},
    "doctor": {"config", "core", "hashing", "orchestration", "sources.kit", "warehouse"},
    # When things run, and how they are asked for.
    "flows": {
        "alerting",
        "build",
        "config",
        "core",
        "orchestration",
        "privacy",
        "quality",
        "reporting",
        "sources",
        "sources.consent",
        "sources.crm",
        "sources.ga4",
        "sources.kit",
        "sources.logs",
        "warehouse",
    },
    "commands": {
        "alerting",
        "build",
        "config",
        "core",
        "doctor",
        "flows",
        "hashing",
        "orchestration",
        "pii",
        "privacy",
        "quality",
        "reporting",
        "schedule",
        "simulator",
        "warehouse",
    },
    "cli": {"commands", "core"},
    "__main__": {"cli"},
}
# Arrows of today that the table forbids; this list only shrinks.
NOT_YET = {
    ("pii", "warehouse"),
    ("warehouse", "privacy"),
    ("warehouse", "sources.ga4"),
    ("warehouse", "sources.kit"),
    ("sources.kit", "orchestration"),
    ("sources.ga4", "orchestration"),
    ("sources.logs", "orchestration"),
    ("sources.crm", "orchestration"),
    ("sources.consent", "orchestration"),
    ("sources.meta_quality", "orchestration"),
    ("sources", "privacy"),
    ("build", "flows"),
    ("build", "privacy"),
    ("expectations", "reporting"),
    ("privacy", "orchestration"),
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
    forbidden = {arrow: by for arrow, by in arrows().items() if arrow not in ALLOWED | NOT_YET}

    assert forbidden == {}


def test_every_allowed_arrow_is_used() -> None:
    assert ALLOWED - set(arrows()) == set()


def test_what_is_gone_is_off_the_list() -> None:
    assert NOT_YET - set(arrows()) == set()
    assert set() == NOT_YET & ALLOWED


def test_rooms_form_no_circle() -> None:
    order = list(TopologicalSorter(MAY_IMPORT).static_order())

    assert set(order) == set(MAY_IMPORT)
