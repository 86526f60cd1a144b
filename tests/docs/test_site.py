"""Build the site as `nox -s docs` does, and check what a reader finds in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import airflow_compat

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "airflow_compat"

pytestmark = pytest.mark.skipif(not find_spec("mkdocs"), reason="MkDocs is installed by `nox -s docs`")


class Anchors(HTMLParser):
    """The ids of a page's elements."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids |= {value for name, value in attrs if name == "id" and value}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "docs/_site/mkdocs.yml", "-d", str(folder)]
    # The theme's banner about a later MkDocs says nothing about this build.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def _public_modules() -> Iterator[str]:
    yield "airflow_compat"
    for path in (*PACKAGE.glob("[!_]*.py"), *PACKAGE.glob("[!_]*/__init__.py")):
        name = path.parent.name if path.name == "__init__.py" else path.stem
        module = import_module(f"airflow_compat.{name}")
        # A folder without `__all__` is the code of a command.
        if hasattr(module, "__all__") or path.name != "__init__.py":
            yield module.__name__


def _public_names(module: str) -> list[str]:
    loaded = import_module(module)
    names = getattr(loaded, "__all__", None)
    if names is None:
        names = [name for name, value in vars(loaded).items() if getattr(value, "__module__", "") == module]
    return [f"{module}.{name}" for name in names if not name.startswith("_")]


def _page(site: Path, module: str) -> Path:
    name = module.partition(".")[2]
    # The command has a page that describes its options.
    return site / "reference" / ("cli.html" if name == "cli" else f"api/{name or 'index'}.html")


@pytest.mark.parametrize("module", sorted(_public_modules()))
def test_each_public_name_has_an_anchor_on_its_modules_page(site: Path, module: str) -> None:
    names = _public_names(module)
    assert names
    assert [name for name in names if name not in Anchors(_page(site, module)).ids] == []


def test_links_of_top_level_names_lead_to_their_documentation(site: Path) -> None:
    page = (site / "reference" / "api" / "index.html").read_text()
    links = dict(re.findall(r'id="airflow_compat\.(\w+)"></a><a [^>]*href="([\w.]+#[\w.]+)"', page))
    assert set(links) == set(airflow_compat.__all__)
    for name, link in links.items():
        file, _, anchor = link.partition("#")
        assert anchor.endswith(f".{name}")
        assert anchor in Anchors(site / "reference" / "api" / file).ids


def test_signatures_are_formatted(site: Path) -> None:
    page = (site / "reference" / "api" / "pools.html").read_text()
    signature = re.sub(r"<[^>]+>", "", page.partition('id="airflow_compat.pools.pool"')[2].partition("</pre>")[0])
    # One parameter a line.
    assert "pool(\n    name: str | None,\n    slots: int = 1,\n" in signature


@pytest.mark.parametrize("word", ["pool", "on_failure", "send_slack_notification", "default_args"])
def test_search_index_has_the_word_as_a_title_or_term(site: Path, word: str) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    # As the search does it in a browser.
    separator = re.compile(index["config"]["separator"])
    texts = [re.sub(r"<[^>]+>", " ", f"{entry['title']} {entry['text']}") for entry in index["docs"]]
    assert any(word in separator.split(text.lower()) for text in texts)
