"""How the strip sorts moments into colours and columns."""

from bench import finish

from blender_addon.confidence_strip import COLUMNS, columns, level

finish(
    {
        "levels": [level(trust, 0.6, 0.35) for trust in (0.6, 0.5, 0.34, -1.0, float("nan"))],
        "columns_a_tile": COLUMNS,
        "long": columns([0.0] * 240, 12),
        "short": columns([0.0] * 5, 12),
    }
)
