"""Small inline SVG charts, coloured by the page's variables: they follow light, dark and print.

Every chart is decoration beside a table or sentence that says the same; labels are HTML, because
text inside a stretched SVG would shrink on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

WIDTH = 600.0
HEIGHT = 100.0


@dataclass(frozen=True)
class Point:
    """One value of a day; provisional days may still change."""

    at: date
    value: float | None
    is_final: bool = True
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Band:
    """A horizontal zone of the plot: pass or warn."""

    low: float
    high: float
    kind: str


@dataclass(frozen=True)
class Frame:
    """The plotted range; y grows upwards."""

    first: date
    last: date
    low: float
    high: float

    def x(self, at: date) -> float:
        days = max(1, (self.last - self.first).days)
        return (at - self.first).days / days * WIDTH

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return HEIGHT - (inside - self.low) / (self.high - self.low) * HEIGHT


def line_chart(points: Sequence[Point], bands: Sequence[Band], frame: Frame) -> Markup:
    """Return a line over time on its threshold bands; provisional days are shaded and dashed."""
    parts = [
        f'<rect class="band-{band.kind}" x="0" width="{WIDTH:g}" y="{_n(frame.y(band.high))}" '
        f'height="{_n(frame.y(band.low) - frame.y(band.high))}"/>'
        for band in bands
    ]
    provisional = [point for point in points if not point.is_final]
    if provisional:
        left = frame.x(max(frame.first, provisional[0].at - timedelta(days=1)))
        parts.append(
            f'<rect class="provisional" x="{_n(left)}" y="0" width="{_n(WIDTH - left)}" '
            f'height="{HEIGHT:g}"/>'
        )
    parts += [f'<path class="interval" d="{path}"/>' for path in _interval(points, frame)]
    final = [point for point in points if point.is_final]
    parts += [f'<path class="line" d="{path}"/>' for path in _lines(final, frame)]
    joint = final[-1:] + provisional
    parts += [f'<path class="line open" d="{path}"/>' for path in _lines(joint, frame)]
    return _svg(parts)


def sparkline(values: Sequence[float], top: float) -> Markup:
    """Return a bare line of values in their order; empty below 5, too few to read as a line."""
    if len(values) < 5:
        return Markup("")
    low = max(0.0, min(values) - (top - min(values)) * 0.5)
    step = WIDTH / (len(values) - 1)
    path = "M" + "L".join(
        f"{_n(number * step)} {_n(HEIGHT - (value - low) / max(top - low, 1) * HEIGHT)}"
        for number, value in enumerate(values)
    )
    return _svg([f'<path class="line" d="{path}"/>'])


@dataclass(frozen=True)
class Slice:
    """A part of a whole: its size and the class that colours it."""

    size: float
    kind: str


def stacked_bar(slices: Sequence[Slice]) -> Markup:
    """Return one horizontal bar that the slices fill."""
    total = sum(part.size for part in slices)
    if total <= 0:
        return Markup("")
    parts, left = [], 0.0
    for part in slices:
        width = part.size / total * WIDTH
        parts.append(
            f'<rect class="fill-{part.kind}" x="{_n(left)}" y="0" '
            f'width="{_n(max(width, 1.5 if part.size else 0))}" height="{HEIGHT:g}"/>'
        )
        left += width
    return _svg(parts)


def share_bar(share: float, kind: str = "ink") -> Markup:
    """Return a bar filled to a share of 1."""
    width = min(max(share, 0.0), 1.0) * WIDTH
    return _svg(
        [f'<rect class="fill-{kind}" x="0" y="0" width="{_n(width)}" height="{HEIGHT:g}"/>']
    )


def gauge(
    value: float | None, zones: Sequence[tuple[float, str]], top: float, low: float = 0.0
) -> Markup:
    """Return zones from `low` to `top`, each (upper end, kind), with a mark at the value."""
    parts, left = [], 0.0
    for end, kind in zones:
        right = (min(end, top) - low) / (top - low) * WIDTH
        parts.append(
            f'<rect class="zone-{kind}" x="{_n(left)}" y="25" '
            f'width="{_n(right - left)}" height="50"/>'
        )
        left = right
    if value is not None:
        at = (min(max(value, low), top) - low) / (top - low) * WIDTH
        parts.append(f'<line class="mark" x1="{_n(at)}" x2="{_n(at)}" y1="0" y2="{HEIGHT:g}"/>')
    return _svg(parts)


def _svg(parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{"".join(parts)}</svg>'
    )


def _lines(points: Sequence[Point], frame: Frame) -> list[str]:
    """Return one path per run of days with a value; a day without one breaks the line."""
    return [
        f"M{_path(stretch, frame)}{'' if len(stretch) > 1 else 'h0'}"
        for stretch in _stretches([(point.at, point.value) for point in points])
    ]


def _interval(points: Sequence[Point], frame: Frame) -> list[str]:
    lows = _stretches([(point.at, point.low) for point in points])
    highs = _stretches([(point.at, point.high) for point in points])
    return [
        f"M{_path(high, frame)}L{_path(low[::-1], frame)}Z"
        for low, high in zip(lows, highs, strict=True)
        if len(low) > 1
    ]


def _path(stretch: Sequence[tuple[date, float]], frame: Frame) -> str:
    return "L".join(f"{_n(frame.x(at))} {_n(frame.y(value))}" for at, value in stretch)


def _stretches(values: Sequence[tuple[date, float | None]]) -> list[list[tuple[date, float]]]:
    """Return the runs of days with a value."""
    stretches: list[list[tuple[date, float]]] = []
    for at, value in values:
        if value is None:
            continue
        if not stretches or (at - stretches[-1][-1][0]).days > 1:
            stretches.append([])
        stretches[-1].append((at, value))
    return stretches


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
