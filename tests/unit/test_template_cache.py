"""Compiled templates are kept, and a cache that fails costs no page."""

import pytest
from jinja2 import DictLoader, Environment

from matchback.reporting import template_cache as module
from matchback.reporting.template_cache import template_cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    return tmp_path / "cache" / "templates"


def page(cache, text="{{ 1 + 1 }}", **options):
    environment = Environment(loader=DictLoader({"page": text}), bytecode_cache=cache, **options)
    return environment.get_template("page").render()


def test_a_compiled_template_is_kept_for_the_user_alone(folder):
    page(template_cache("a"))

    assert len(list(folder.iterdir())) == 1
    assert folder.stat().st_mode & 0o077 == 0


def test_a_changed_template_is_compiled_anew(folder):
    page(template_cache("a"))

    assert page(template_cache("a"), "{{ 1 + 2 }}") == "3"


def test_environments_of_other_options_do_not_share_what_is_compiled(folder):
    page(template_cache("a"), "{{ '<' }}")

    assert page(template_cache("b"), "{{ '<' }}", autoescape=True) == "&lt;"


def test_a_damaged_file_is_compiled_anew(folder):
    page(template_cache("a"))
    [kept] = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])

    assert page(template_cache("a")) == "2"


def test_a_folder_that_cannot_be_made_costs_no_page(tmp_path, monkeypatch):
    (tmp_path / "cache").touch()
    monkeypatch.setattr(module.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")

    assert template_cache("a") is None
    assert page(template_cache("a")) == "2"


def test_a_cache_that_cannot_be_read_or_written_costs_no_page(folder, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left")

    cache = template_cache("a")
    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)

    assert page(cache) == "2"
