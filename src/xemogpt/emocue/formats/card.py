"""The data card of a corpus: ``README.md`` with front matter, and a plot of its cues.

Equal records give equal bytes; nothing in it depends on the day or the machine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.card_facts import QUANTILES, UNKNOWN, CardFacts
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.files import atomic_write
from xemogpt.schema import MODALITIES

CARD, PLOT = "README.md", "cues.svg"
MAX_VALUES = 30
"""Values of a label that the card lists; the rest is counted."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"),
          (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))  # fmt: skip
_LICENCES = (
    # Beginning of the licence as records have it, its identifier, what it means for use.
    ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0", "no commercial use; name the source; share alike"),
    ("CC BY-NC 4.0", "cc-by-nc-4.0", "no commercial use; name the source"),
    ("CC BY-SA 4.0", "cc-by-sa-4.0", "name the source; share alike"),
    ("CC BY 4.0", "cc-by-4.0", "name the source"),
    ("CC BY 3.0", "cc-by-3.0", "name the source"),
    ("CC0", "cc0-1.0", "free"),
    ("Apache-2.0", "apache-2.0", "keep the notice"),
    ("MIT", "mit", "keep the notice"),
    ("ODbL", "odbl", "name the source; share alike"),
)
_COLOURS = {"visual": "#3b82c4", "auditory": "#c4763b", "emotional": "#7a57b8"}


def write_card(
    folder: str | Path,
    records: Iterable[EmoCueRecord],
    *,
    corpus: str | Path | None = None,
    data_files: Mapping[str, str] | None = None,
    title: str | None = None,
) -> tuple[Path, ...]:
    """Write ``README.md`` and ``cues.svg`` into a folder.

    Args:
        folder: where to.
        records: of the corpus.
        corpus: folder of the build, which knows what was dropped; ``folder`` by default.
        data_files: split -> pattern of its Parquet files; one file for all by default.
        title: name of the corpus; that of the corpus folder by default.

    Raises:
        OutputError: if it cannot be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    folder = Path(folder)
    source = Path(corpus) if corpus is not None else folder
    facts = CardFacts.of(records, source)
    # Markdown for people, not a page: nothing is escaped but what would break a table.
    page = Environment(
        loader=PackageLoader("xemogpt"), trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    page.filters |= {"cell": _cell, "hours": _hours, "share": _share}
    known = {
        "facts": facts,
        "title": title or source.resolve().name,
        "front": _front(facts, title or source.resolve().name, data_files),
        "licences": [(name, num, _meaning(name)) for name, num in _ranked(facts.licences)],
        "ranked": _ranked,
        "max_values": MAX_VALUES,
        "modalities": MODALITIES,
        "quantiles": [f"{q:.0%}" for q in QUANTILES],
        "plot": PLOT,
        "unknown": UNKNOWN,
        "data_files": data_files,
    }
    paths = (folder / CARD, folder / PLOT)
    with atomic_write(paths[1]) as file:
        file.write(page.get_template("card_cues.svg.j2").render(**_plot(facts)))
    with atomic_write(paths[0]) as file:
        file.write(page.get_template("card.md.j2").render(**known))
    return paths


def _front(facts: CardFacts, title: str, data_files: Mapping[str, str] | None) -> str:
    """The YAML that dataset hubs read."""
    import yaml

    licences = sorted({_identifier(name) for name in facts.licences})
    size = next((name for limit, name in _SIZES if facts.num < limit), "n>10M")
    files: Any = [{"split": s, "path": p} for s, p in data_files.items()] if data_files else None
    front = {
        "pretty_name": title,
        "license": licences[0] if len(licences) == 1 else licences,
        "language": sorted(set(facts.languages) - {UNKNOWN}) or ["und"],
        "size_categories": [size],
        "task_categories": ["video-text-to-text", "audio-classification"],
        "tags": ["emotion", "explanation", "cues", "multimodal"],
        "configs": [
            {"config_name": "default", "data_files": files or "records.parquet"},
        ],
    }
    return yaml.safe_dump(front, sort_keys=False, allow_unicode=True)


def _plot(facts: CardFacts) -> dict[str, Any]:
    """Bars of the cue kinds, most frequent first, modality by modality."""
    bars: list[dict[str, Any]] = []
    for modality in MODALITIES:
        for name, num in _ranked(facts.cues[modality]):
            bars.append({"name": name, "num": num, "colour": _COLOURS[modality]})
    most = max((bar["num"] for bar in bars), default=1)
    row, left, width = 18, 170, 430
    for place, bar in enumerate(bars):
        bar |= {"y": 44 + row * place, "width": round(width * bar["num"] / most, 1)}
    return {
        "bars": bars, "left": left, "width": left + width + 80, "height": 60 + row * len(bars),
        "legend": [(name, _COLOURS[name], left + 110 * at) for at, name in enumerate(MODALITIES)],
    }  # fmt: skip


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first, equals by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _identifier(licence: str) -> str:
    return next((known for start, known, _ in _LICENCES if licence.startswith(start)), "other")


def _meaning(licence: str) -> str:
    if licence == UNKNOWN:
        return "**not known: ask the owner before you share or train**"
    found = (what for start, _, what in _LICENCES if licence.startswith(start))
    return next(found, "read its text")


def _cell(text: object) -> str:
    """A text that cannot break out of a table."""
    plain = " ".join(str(text).split()).replace("|", "\\|")
    return plain.replace("<", "&lt;").replace("`", "'")


def _hours(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.2f} h"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "-"
