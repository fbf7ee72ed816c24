"""Cues from free text by rules: offline, deterministic, about a millisecond a text."""

import re
from collections.abc import Iterable, Iterator

from xemogpt.metrics.extraction.clauses import Statement, split_statements
from xemogpt.metrics.extraction.emotions import (
    emotion_key,
    emotional_atoms,
    perceived_subject,
)
from xemogpt.metrics.extraction.fillers import clean, is_filler
from xemogpt.metrics.extraction.frames import expand_contractions, strip_hedges, strip_opener
from xemogpt.metrics.extraction.modality import does_something, resolve_modality
from xemogpt.metrics.extraction.patterns import load_pattern
from xemogpt.metrics.extraction.quotes import MARK, take_quotes
from xemogpt.metrics.extraction.result import Extraction
from xemogpt.metrics.extraction.sections import Line, read_lines
from xemogpt.schema import MODALITIES, CueSet, Modality


class RuleExtractor:
    """Splits an explanation into atomic statements and tells what modality each speaks of.

    No model, no network: the same text gives the same cues everywhere. ``docs/extraction.md``
    describes the rules and their measured accuracy.

    >>> found = RuleExtractor().extract("She smiles and nods. Her voice is soft. She is happy.")
    >>> [cue.text for cue in found.cues.visual]
    ['She smiles', 'She nods']
    """

    name = "rule"
    version = "1"

    def extract(self, text: str) -> Extraction:
        """Cues, quotations and leftovers of one explanation.

        Raises:
            TypeError: if ``text`` is not a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"an explanation is a string, got {type(text).__name__}")
        return _Reading().read(text)

    def extract_many(self, texts: Iterable[str]) -> Iterator[Extraction]:
        """One extraction for each text, in order."""
        return (self.extract(text) for text in texts)


class _Reading:
    """The state of reading one text: the section it is in and what was found so far."""

    def __init__(self) -> None:
        self.cues: dict[Modality, list[str]] = {modality: [] for modality in MODALITIES}
        self.seen: set[tuple[str, object]] = set()
        self.dropped: list[str] = []
        self.subtitle: list[str] = []
        self.context: Modality | None = None

    def read(self, text: str) -> Extraction:
        unquoted = take_quotes(text)
        self.subtitle.extend(unquoted.quotes)
        for line in read_lines(unquoted.text):
            self._line(line)
        cues = CueSet(**{modality: tuple(found) for modality, found in self.cues.items()})
        return Extraction(cues, tuple(self.subtitle), tuple(self.dropped))

    def _line(self, line: Line) -> None:
        if line.section == "subtitle":
            rest = line.text.replace(MARK, "").strip(" .,!?:;，。")
            if rest and MARK not in line.text:
                self.subtitle.append(rest)
            return
        if line.starts:
            self.context = None
        text = expand_contractions(_plain_script(line.text))
        text, announced = strip_opener(text)
        if announced:
            self.context = announced
        section = _as_modality(line.section) or self.context
        text = _APPOSITIVE.sub(f" {MARK} ", _NAME_GLOSS.sub("", text))
        statements = split_statements(_IN_THE_MEDIUM.sub("", strip_hedges(text)))
        for index, statement in enumerate(statements):
            self._statement(statement, section, line, index)

    def _statement(
        self, statement: Statement, section: Modality | None, line: Line, index: int
    ) -> None:
        text, announced = strip_opener(statement.text)
        text = clean(text)
        if not text or is_filler(text, statement):
            self._drop(statement.text)
            return
        evidence = perceived_subject(text)
        if evidence is not None:
            found = resolve_modality(evidence, section)
            if found in ("visual", "auditory"):
                self._add(found, evidence)
        atoms = emotional_atoms(text, statement)
        if atoms is not None:
            for atom in atoms:
                self._add("emotional", atom)
            return
        text = text if statement.complete else _with_label(text, line)
        labelled = line.section is not None and announced is None
        modality = resolve_modality(text, announced or section, labelled)
        if modality is None and statement.complete and does_something(text):
            modality = "visual"  # What somebody does is seen, if nothing else is said of it.
        if modality is None:
            self._drop(statement.text)
            return
        self._add(modality, text)

    def _drop(self, text: str) -> None:
        rest = text.replace(MARK, "").strip(" .,!?:;")
        if rest:
            self.dropped.append(rest)

    def _add(self, modality: Modality, text: str) -> None:
        text = text.strip()
        key: object = emotion_key(text) if modality == "emotional" else _plain(text)
        if text and (modality, key) not in self.seen:
            self.seen.add((modality, key))
            self.cues[modality].append(text)


_NAME_GLOSS = re.compile(
    r"\s*[(（][^()（）]{0,40}[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af][^()（）]{0,40}[)）]"
)
_APPOSITIVE = re.compile(rf"\s*,\s*{MARK}\s*,?\s*")
_IN_THE_MEDIUM = re.compile(
    r"(?<=\w) in the (?:audio|video|picture|image|clip|footage|recording)\b", re.I
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_LATIN = re.compile(r"[A-Za-z]")
_FRAME_WORDS = re.compile(r"^(?:在)?(?:视频|画面|图像|镜头|音频|声音)")


def _plain_script(text: str) -> str:
    """Leave out the few Chinese, Japanese or Korean words, mostly names, of an English sentence."""
    foreign = sum(len(run) for run in _CJK.findall(text))
    if not foreign or len(_LATIN.findall(text)) < 4 * foreign or _FRAME_WORDS.match(text):
        return text
    bare = _CJK.sub("", _NAME_GLOSS.sub("", text))
    return re.sub(r"^\s*[(（]([^()（）]*)[)）]", r"\1", bare)


def _as_modality(section: str | None) -> Modality | None:
    for modality in MODALITIES:
        if modality == section:
            return modality
    return None


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


_NOUN_LABEL = load_pattern("noun_label")


def _with_label(text: str, line: Line) -> str:
    """``low`` under ``Tone of voice:`` is ``low tone of voice``."""
    from xemogpt.metrics.extraction.grammar import tokenise

    tokens = tokenise(text)
    if line.label is None or len(tokens) > 3 or not _NOUN_LABEL.match(line.label):
        return text
    if any("noun" in token.tags and "adj" not in token.tags for token in tokens):
        return text
    if not tokens[-1].tags & {"adj", "adj-past"}:
        return text
    return f"{text} {line.label.lower()}"
