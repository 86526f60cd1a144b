"""Draw the pictures of the documentation: each `docs/pictures/*.yaml` becomes an `.svg` in the same folder.

Run `python docs/_site/draw.py` after you change a source. The same source gives the same bytes on every machine, so
tests can compare the files. A source has

- `title` and `description`, for screen readers;
- `size`: the width and the height in pixels;
- `frames`: boxes behind the others, with a `label` in the upper corner, or with `foot: true` in the lower corner;
- `boxes`: each with `at` (left, top), `size`, `kind` (a colour, see `COLOURS`), a bold first line `name`, and more
  lines in `text`;
- `arrows`: `from` and `to` are each a box's id and side, as `plan.right`, or `plan.right.1/3` for a third of that side.
  An arrow is horizontal or vertical. Optional: a `label`, `both: true` for two heads, and `dashed: true`.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml

PICTURES = Path(__file__).parents[1] / "pictures"

# Fill and line colour of each kind of box, in the light and the dark scheme.
COLOURS = {
    "airflow": (("#e0f2f1", "#00796b"), ("#14332f", "#4db6ac")),
    "ours": (("#e8eaf6", "#3949ab"), ("#252c4f", "#9fa8ff")),
    "pure": (("#f3e5f5", "#7b1fa2"), ("#36243f", "#ce93d8")),
    "prefect": (("#fff3e0", "#c25700"), ("#3b2a15", "#ffb74d")),
    "yours": (("#eceff1", "#546e7a"), ("#2b3137", "#b0bec5")),
}
# Background, text, lines, lines of frames.
PAPER = (("#ffffff", "#1f2430", "#5a6270", "#c3c8d0"), ("#1d2027", "#e7e9ee", "#a7aebb", "#444b57"))
NAME, TEXT, LINE = 14, 12, 16
# Width of a character relative to the font size, in the widest font that a reader may have.
WIDEST = {"name": 0.66, "text": 0.67}
HEAD = """\
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"
orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" class="head"/></marker></defs>"""

Line = tuple[tuple[float, float], tuple[float, float]]


class PictureError(ValueError):
    """A source whose picture would be unreadable."""


def draw(source: str) -> str:
    """Return a picture's SVG.

    Raises:
        PictureError: A text is wider than its box, boxes overlap or lie outside the picture, or an arrow has no end, is
            not straight, or crosses a box or a frame's label.
    """
    picture = yaml.safe_load(source)
    width, height = picture["size"]
    boxes = {box["id"]: box for box in picture["boxes"]}
    arrows = [(arrow, _line(arrow, boxes)) for arrow in picture.get("arrows", ())]
    frames = picture.get("frames", ())
    _check_boxes(picture["boxes"], width, height)
    _check_arrows(arrows, picture["boxes"], frames)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        'role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(picture["title"])}</title>',
        f'<desc id="description">{escape(" ".join(picture["description"].split()))}</desc>',
        f"<style>{_style()}</style>",
        HEAD,
        f'<rect width="{width}" height="{height}" rx="8" class="paper"/>',
        *(_frame(frame) for frame in frames),
        *(_box(box) for box in picture["boxes"]),
        *(_arrow(arrow, line) for arrow, line in arrows),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style() -> str:
    fonts = "text{font-family:system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}"
    sizes = f".name{{font-size:{NAME}px;font-weight:600}}.small{{font-size:{TEXT}px}}"
    lines = ".line{fill:none;stroke-width:1.5}.dashed{stroke-dasharray:5 4}.frame{fill:none}"
    # The image follows the colour scheme of its page.
    return f"{fonts}{sizes}{lines}{_rules(0)}@media (prefers-color-scheme:dark){{{_rules(1)}}}"


def _rules(scheme: int) -> str:
    background, text, line, frame = PAPER[scheme]
    rules = f".paper{{fill:{background}}}text{{fill:{text}}}.line{{stroke:{line}}}.head{{fill:{line}}}"
    kinds = {kind: colours[scheme] for kind, colours in COLOURS.items()}
    drawn = "".join(f".{kind}{{fill:{fill};stroke:{stroke}}}" for kind, (fill, stroke) in kinds.items())
    return f"{rules}.frame{{stroke:{frame}}}{drawn}"


def _check_boxes(boxes: list[dict[str, Any]], width: int, height: int) -> None:
    for number, box in enumerate(boxes):
        (left, top), (wide, high) = box["at"], box["size"]
        if left < 0 or top < 0 or left + wide > width or top + high > height:
            raise PictureError(f"{box['id']} lies outside of the picture")
        for line, kind, size in _lines(box):
            if len(line) * WIDEST[kind] * size > wide - 8:
                raise PictureError(f"{box['id']} is too narrow for {line!r}")
        if len(list(_lines(box))) * LINE > high - 4:
            raise PictureError(f"{box['id']} is too low for its lines")
        for other in boxes[:number]:
            (left2, top2), (wide2, high2) = other["at"], other["size"]
            if left < left2 + wide2 and left2 < left + wide and top < top2 + high2 and top2 < top + high:
                raise PictureError(f"{box['id']} lies on {other['id']}")


def _check_arrows(arrows: list[tuple[Any, Line]], boxes: list[dict[str, Any]], frames: Any) -> None:
    areas = {box["id"]: (*box["at"], *box["size"]) for box in boxes}
    for frame in frames:
        left, base = _label_at(frame)
        areas[frame["label"]] = (left, base - TEXT, len(frame["label"]) * WIDEST["text"] * TEXT, LINE)
    for arrow, ((x1, y1), (x2, y2)) in arrows:
        if abs(x1 - x2) > 1 and abs(y1 - y2) > 1:
            raise PictureError(f"the arrow from {arrow['from']} to {arrow['to']} is askew")
        for name, (left, top, wide, high) in areas.items():
            # Ignore the ends, where the arrow touches boxes.
            across = max(min(x1, x2), left + 1) < min(max(x1, x2) + 1, left + wide - 1)
            down = max(min(y1, y2), top + 1) < min(max(y1, y2) + 1, top + high - 1)
            if across and down:
                raise PictureError(f"the arrow from {arrow['from']} to {arrow['to']} goes through {name!r}")


def _lines(box: dict[str, Any]) -> list[tuple[str, str, int]]:
    text = [(line, "text", TEXT) for line in box.get("text", ())]
    return [(box["name"], "name", NAME), *text] if box.get("name") else text


def _label_at(frame: dict[str, Any]) -> tuple[int, int]:
    (left, top), (_, high) = frame["at"], frame["size"]
    return left + 10, top + (high - 9 if frame.get("foot") else 18)


def _frame(frame: dict[str, Any]) -> str:
    (left, top), (wide, high) = frame["at"], frame["size"]
    rect = f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="8" class="frame"/>'
    return rect + "\n" + _words(*_label_at(frame), frame["label"], "small")


def _box(box: dict[str, Any]) -> str:
    (left, top), (wide, high) = box["at"], box["size"]
    lines = _lines(box)
    # The baseline is in the lower third of a line.
    first = top + (high - LINE * len(lines)) / 2 + LINE * 0.75
    shown = [
        _words(left + wide / 2, first + LINE * number, line, "name" if kind == "name" else "small", "middle")
        for number, (line, kind, _) in enumerate(lines)
    ]
    rect = f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="6" class="{box["kind"]}"/>'
    return "\n".join([rect, *shown])


def _arrow(arrow: dict[str, Any], line: Line) -> str:
    (x1, y1), (x2, y2) = line
    heads = ' marker-start="url(#head)"' if arrow.get("both") else ""
    dashed = " dashed" if arrow.get("dashed") else ""
    drawn = f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" class="line{dashed}" marker-end="url(#head)"{heads}/>'
    if not arrow.get("label"):
        return drawn
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    if abs(y1 - y2) <= 1:
        return drawn + "\n" + _words(middle[0] - 3, middle[1] - 6, arrow["label"], "small", "middle")
    return drawn + "\n" + _words(middle[0] + 7, middle[1] + 4, arrow["label"], "small")


def _line(arrow: dict[str, Any], boxes: dict[str, dict[str, Any]]) -> Line:
    return _end(arrow["from"], boxes), _end(arrow["to"], boxes)


def _end(text: str, boxes: dict[str, dict[str, Any]]) -> tuple[float, float]:
    name, _, rest = text.partition(".")
    side, _, share = rest.partition(".")
    if name not in boxes or side not in ("left", "right", "top", "bottom"):
        raise PictureError(f"there is no {text}")
    (left, top), (wide, high) = boxes[name]["at"], boxes[name]["size"]
    part = float(Fraction(share or "1/2"))
    if side in ("left", "right"):
        return left + (wide if side == "right" else 0), top + high * part
    return left + wide * part, top + (high if side == "bottom" else 0)


def _words(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'


def main() -> int:
    """Draw all pictures."""
    for source in sorted(PICTURES.glob("*.yaml")):
        source.with_suffix(".svg").write_text(draw(source.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
