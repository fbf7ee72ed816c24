"""The statistics as one HTML page that needs no network."""

from pathlib import Path
from typing import Any

from xemogpt.batch.charts import charts_of, top_cues
from xemogpt.batch.counts import Stats, strongest
from xemogpt.files import atomic_write

MAX_ROWS = 200
"""Groups of the table; the JSON has all."""


def write_stats_page(stats: Stats, path: str | Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        OutputError: if ``path`` cannot be written.
    """
    page = stats_page(stats)
    with atomic_write(path) as file:
        file.write(page)


def stats_page(stats: Stats) -> str:
    """The page as a string."""
    from jinja2 import Environment, PackageLoader
    from plotly.offline import get_plotlyjs

    environment = Environment(loader=PackageLoader("xemogpt"), autoescape=True, trim_blocks=True)
    return environment.get_template("stats.html.j2").render(
        stats=stats,
        charts=charts_of(stats),
        groups=_groups(stats),
        max_rows=MAX_ROWS,
        plotly_js=get_plotlyjs(),
    )


def _groups(stats: Stats) -> list[dict[str, Any]]:
    """A row a group for the table."""
    by_group: dict[str, list[Any]] = {}
    for emotion in stats.emotions:
        by_group.setdefault(emotion.group, []).append(emotion)
    cues: dict[str, list[Any]] = {}
    for cue in stats.cues:
        cues.setdefault(cue.group, []).append(cue)
    return [
        {
            "name": name,
            "num": by_group[name][0].of_clips,
            "emotions": strongest(by_group[name], name),
            "cues": top_cues(cues.get(name, []), name),
        }
        for name in stats.groups[:MAX_ROWS]
    ]
