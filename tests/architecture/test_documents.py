"""Documents name what is there: every path, module and make target that they tell exists."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.shipped import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
TICKED = re.compile(r"`([^`\n]+)`")
# A path: it has a folder or a known ending, <name> stands for any name.
PATH = re.compile(r"[\w.<>*-]+(/[\w.<>*-]+)*/?")
ENDINGS = (".py", ".sql", ".yml", ".md", ".csv", ".toml", ".j2", ".lock", ".html", ".jsonl")
# Files of a folder that matchback works in, and roles of Google Cloud, lie elsewhere.
ELSEWHERE = re.compile(
    r"(demo|reports|data|roles|contracts|[.]matchback)/|[.]html$|(matchback[.]yml|source[.]py)$"
)
LINKED = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
MODULE = re.compile(r"python -m ((?:matchback|tests|benchmarks)[\w.]*)")
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)\b")


def told_paths(text: str) -> Iterator[str]:
    """Yield what looks like a path of the repository."""
    for told in TICKED.findall(text):
        if PATH.fullmatch(told) and ("/" in told or told.endswith(ENDINGS)):
            yield told


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_tells_exists(document: Path) -> None:
    told = set(told_paths(document.read_text(encoding="utf-8")))
    missing = {
        path
        for path in told
        if not ELSEWHERE.search(path)
        and not any(ROOT.glob(re.sub(r"<\w+>", "*", path).rstrip("/")))
    }
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_module_and_target_of_a_document_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))

    links = {link for link in LINKED.findall(text) if not (document.parent / link).exists()}
    modules = {name for name in MODULE.findall(text) if find_spec(name) is None}
    code = " ".join(re.findall(r"`[^`]+`|^[$] .*$", text, re.M))

    assert (links, modules) == (set(), set())
    assert set(TARGET.findall(code)) <= targets
