"""A line of closes without axes: as block characters, or as the points of an SVG polyline."""

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"


def blocks(values: Sequence[float], cells: int = 12) -> str:
    """One block a value, lowest to highest; more values than `cells` are sampled evenly, both ends kept."""
    if not values:
        return ""
    if len(values) > cells:
        values = [values[round(i * (len(values) - 1) / (cells - 1))] for i in range(cells)]
    return "".join(_BLOCKS[round(height * (len(_BLOCKS) - 1))] for height in _heights(values))


def points(values: Sequence[float], width: float, height: float) -> list[tuple[float, float]]:
    """(x, y) in an SVG box, y downwards, rounded to a tenth; a flat line runs through the middle."""
    step = width / max(len(values) - 1, 1)
    return [(round(i * step, 1), round((1 - h) * height, 1)) for i, h in enumerate(_heights(values))]


def _heights(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(v - low) / (high - low) if high > low else 0.5 for v in values]
