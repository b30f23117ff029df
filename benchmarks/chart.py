"""A line chart with two logarithmic axes, as SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 30, 50
COLOURS = ("#0b6e99", "#7a9e3b", "#b8860b", "#555")

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Plane:
    """Where values stand on the picture; the vertical axis ends at powers of ten."""

    left: float
    right: float
    low: int
    high: int

    def place(self, across: float, up: float) -> tuple[float, float]:
        x = math.log(across / self.left) / math.log(self.right / self.left)
        y = (math.log10(up) - self.low) / (self.high - self.low)
        return LEFT + x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM)


def chart(title: str, lines: Mapping[str, Points]) -> str:
    """Return an SVG of named lines; values are above zero, at least two of them across."""
    points = [point for line in lines.values() for point in line]
    across, up = [x for x, _ in points], [math.log10(y) for _, y in points]
    low, high = math.floor(min(up)), math.ceil(max(up))
    plane = _Plane(min(across), max(across), low, max(high, low + 1))
    marks = [*_axes(plane, sorted(set(across))), *_lines(plane, lines)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(marks)}'
        f'<text x="{LEFT}" y="18">{escape(title)}</text></svg>\n'
    )


def _axes(plane: _Plane, across: Sequence[float]) -> Iterator[str]:
    for exponent in range(plane.low, plane.high + 1):
        _, y = plane.place(plane.left, 10**exponent)
        yield (
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**exponent:,} s</text>'
        )
    for value in across:
        x, _ = plane.place(value, 10**plane.low)
        yield (
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{value:,}</text>'
        )


def _lines(plane: _Plane, lines: Mapping[str, Points]) -> Iterator[str]:
    for (name, points), colour in zip(lines.items(), COLOURS, strict=True):
        placed = [plane.place(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in placed:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        for x, y in placed[-1:]:
            yield f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>'
