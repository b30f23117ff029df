"""The Python files that ship, by module name; flows/ and expectations/ are part of the package."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "matchback"
LINKED = ("flows", "expectations")


def shipped_modules() -> dict[str, Path]:
    """Return every module of the package with its file."""
    files = [path.relative_to(ROOT) for path in (ROOT / PACKAGE).rglob("*.py")]
    modules = {name_of(path): ROOT / path for path in files if not set(path.parts) & set(LINKED)}
    for folder in LINKED:
        for path in (ROOT / folder).rglob("*.py"):
            modules[name_of(PACKAGE / path.relative_to(ROOT))] = path
    return dict(sorted(modules.items()))


def name_of(path: Path) -> str:
    """Return the module name of a path below the root."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the full name of everything a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
