"""Which emotion words mean the same: the grouping behind open-vocabulary scores."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from xemogpt.errors import DatasetError

_WORD_COLUMNS = ("word", "label", "emotion", "synonym")
_GROUP_COLUMNS = ("group", "category", "cluster")


@dataclass(frozen=True)
class EmotionGroups:
    """Groups of emotion words; a word in no group is a group of its own."""

    version: str
    """Printed with every score made under this grouping."""
    group_of: Mapping[str, str]
    """Word in lower case -> its group."""

    def __len__(self) -> int:
        return len(set(self.group_of.values()))

    def find(self, word: str) -> str:
        """The group of a word, or the word itself.

        >>> load_groups().find("Furious"), load_groups().find("zorble")
        ('anger', 'zorble')
        """
        plain = normalise(word)
        for form in (plain, plain.removesuffix("ness"), plain.removesuffix("ly")):
            if form in self.group_of:
                return self.group_of[form]
        return plain

    def named_in(self, text: str) -> frozenset[str]:
        """The groups of the emotion words that stand in a text.

        >>> sorted(load_groups().named_in("She is shy, almost joyful."))
        ['embarrassment', 'joy']
        """
        words = (normalise(word) for word in text.split())
        return frozenset(self.find(word) for word in words if self.find(word) in self._groups)

    @cached_property
    def _groups(self) -> frozenset[str]:
        return frozenset(self.group_of.values())

    def of(self, words: Iterable[str]) -> frozenset[str]:
        """The groups of several words; empty ones are left out."""
        return frozenset(self.find(word) for word in words if normalise(word))


def normalise(word: str) -> str:
    """A label in lower case without what surrounds it."""
    return " ".join(word.lower().strip(" \t\r\n.,;:!?'\"“”‘’[](){}").split())


@lru_cache(maxsize=1)
def load_groups() -> EmotionGroups:
    """Our own grouping, after the 27 emotions and neutral of the GoEmotions taxonomy."""
    path = resources.files("xemogpt.metrics") / "data" / "emotion_groups.json"
    return _build(json.loads(path.read_text("utf-8")), "emotion_groups.json", None)


def read_groups(path: str | Path) -> EmotionGroups:
    """A grouping or emotion wheel of the user's.

    JSON: ``{"version": ..., "groups": {group: [word, ...]}}`` or just the mapping; wheels may
    nest, the outermost name is the group. CSV: columns ``group`` and ``word``, or one group a
    column with its words below.

    Raises:
        DatasetError: if the file cannot be read so, or a word stands in two groups.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read emotion groups {path}: {error}") from error
    if path.suffix.lower() == ".json":
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path} is not JSON: {error}") from error
        return _build(data, str(path), path.stem)
    if path.suffix.lower() in (".csv", ".tsv"):
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        rows = list(csv.reader(text.splitlines(), delimiter=separator))
        return _build(_from_rows(rows, path), str(path), path.stem)
    raise DatasetError(f"emotion groups are read from .json, .csv or .tsv, got {path.name}")


def _from_rows(rows: list[list[str]], path: Path) -> dict[str, list[str]]:
    if not rows:
        raise DatasetError(f"{path} is empty; expected columns group and word")
    header = [name.strip().lower() for name in rows[0]]
    word = next((header.index(name) for name in _WORD_COLUMNS if name in header), None)
    group = next((header.index(name) for name in _GROUP_COLUMNS if name in header), None)
    groups: dict[str, list[str]] = {}
    for number, row in enumerate(rows[1:], 2):
        if word is not None and group is not None:
            if len(row) <= max(word, group) or not row[word].strip() or not row[group].strip():
                raise DatasetError(f"{path}, line {number}: group or word is missing: {row}")
            groups.setdefault(row[group], []).append(row[word])
        else:
            for name, cell in zip(rows[0], row, strict=False):
                if cell.strip():
                    groups.setdefault(name, []).append(cell)
    return groups


def _build(data: object, origin: str, version: str | None) -> EmotionGroups:
    if isinstance(data, dict) and isinstance(data.get("groups"), dict):
        version = str(data.get("version") or version)
        data = data["groups"]
    if not isinstance(data, dict) or not data:
        raise DatasetError(f"{origin} should map each group to its words, got {_kind(data)}")
    group_of: dict[str, str] = {}
    for name, words in data.items():
        group = normalise(str(name))
        for word in (group, *_leaves(words, f"{origin}, group {name!r}")):
            plain = normalise(word)
            if plain and group_of.setdefault(plain, group) != group:
                raise DatasetError(f"{origin}: {word!r} is in {group_of[plain]!r} and {group!r}")
    return EmotionGroups(version or origin, group_of)


def _leaves(words: object, where: str, depth: int = 0) -> list[str]:
    """Every word below one group; rings of a wheel may nest."""
    if isinstance(words, str):
        return [words]
    if depth < 8 and isinstance(words, dict):
        return [
            leaf
            for name, inner in words.items()
            for leaf in (str(name), *_leaves(inner, where, depth + 1))
        ]
    if depth < 8 and isinstance(words, list):
        return [leaf for inner in words for leaf in _leaves(inner, where, depth + 1)]
    raise DatasetError(f"{where}: expected words, got {_kind(words)}")


def _kind(value: object) -> str:
    return type(value).__name__ if value else f"an empty {type(value).__name__}"
