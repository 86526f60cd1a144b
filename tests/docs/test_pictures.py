"""Check that pictures match their sources, are readable, and have descriptions."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

import airflow_compat

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
SOURCES = sorted(PICTURES.glob("*.yaml"))


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", ROOT / "docs" / "_site" / "draw.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_picture_matches_its_source(source: Path, drawing: ModuleType) -> None:
    drawn = drawing.draw(source.read_text(encoding="utf-8"))
    said = "its source has changed: run `python docs/_site/draw.py`"
    assert source.with_suffix(".svg").read_text(encoding="utf-8") == drawn, said


def test_each_picture_has_a_source() -> None:
    assert len(SOURCES) >= 3
    assert {path.stem for path in PICTURES.glob("*.svg")} == {path.stem for path in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_picture_has_a_title_and_both_colour_schemes(source: Path) -> None:
    svg = ET.parse(source.with_suffix(".svg")).getroot()
    names = {child.get("id"): child.text for child in svg if child.get("id")}
    assert [bool(names.get(label)) for label in svg.attrib["aria-labelledby"].split()] == [True, True]
    style = svg.findtext("{http://www.w3.org/2000/svg}style") or ""
    day, _, night = style.partition("@media (prefers-color-scheme:dark)")
    used = {box["kind"] for box in yaml.safe_load(source.read_text())["boxes"]}
    assert [kind for kind in used for rules in (day, night) if f".{kind}{{fill:" not in rules] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_picture_is_on_a_page_with_alt_text(source: Path) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    picture = re.compile(rf"!\[([^]]*)\]\([^)]*{source.stem}\.svg\)")
    shown = [text for page in pages for text in picture.findall(page.read_text())]
    assert shown
    assert [text for text in shown if len(text) < 60] == []


def test_the_architecture_shows_each_folder_of_the_package() -> None:
    boxes = yaml.safe_load((PICTURES / "architecture.yaml").read_text())["boxes"]
    ours = [line for box in boxes if box["kind"] in ("ours", "pure") for line in (box["name"], *box.get("text", ()))]
    shown = set(re.findall(r"\w+", " ".join(ours)))
    folders = {path.parent.name for path in Path(airflow_compat.__file__).parent.glob("*/__init__.py")}
    # Only for paths that older deployments have stored.
    folders.discard("_callbacks")
    assert folders - shown == set()
    assert {word for word in shown if word.startswith("_")} <= folders


def box(id_: str, left: int, **more: Any) -> dict[str, Any]:
    return {"id": id_, "at": [left, 10], "size": [80, 40], "kind": "ours", "name": id_, **more}


@pytest.mark.parametrize(
    ("boxes", "arrow", "said"),
    [
        ([box("a", 10, name="much too long a name")], None, "a is too narrow"),
        ([box("a", 10, text=["two", "three", "four"])], None, "a is too low"),
        ([box("a", 10), box("b", 60)], None, "b lies on a"),
        ([box("a", 350)], None, "outside of the picture"),
        ([box("a", 10)], {"from": "a.right", "to": "b.left"}, "there is no b.left"),
        ([box("a", 10), box("b", 110, at=[110, 60])], {"from": "a.right", "to": "b.left"}, "is askew"),
        ([box("a", 10), box("b", 110), box("c", 210)], {"from": "a.right", "to": "c.left"}, "goes through 'b'"),
        ([box("a", 10), box("b", 10, at=[10, 120])], {"from": "a.bottom", "to": "b.top"}, "goes through 'a label'"),
    ],
)
def test_unreadable_picture_is_an_error(drawing: ModuleType, boxes: Any, arrow: Any, said: str) -> None:
    frames = [{"at": [5, 70], "size": [90, 120], "label": "a label"}]
    picture = {"title": "t", "description": "d", "size": [400, 200], "boxes": boxes, "frames": frames}
    with pytest.raises(drawing.PictureError, match=re.escape(said)):
        drawing.draw(yaml.safe_dump({**picture, "arrows": [arrow] if arrow else []}))
