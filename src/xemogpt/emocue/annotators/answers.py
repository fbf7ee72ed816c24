"""What an endpoint answers, checked: nothing of it enters a corpus unread.

An answer that cannot be used raises ``BadAnswer``, which says what is wrong in words that the
endpoint can be told; a refusal raises ``Refusal``. What is wrong with a single statement is mended
or left out, and said in a flag.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xemogpt.emocue.annotators.base import Described, Description, Fusion
from xemogpt.emocue.annotators.guidance import DISAGREES
from xemogpt.emocue.annotators.language import is_refusal, other_language, repeats_itself
from xemogpt.emocue.annotators.times import read_times
from xemogpt.errors import AnnotatorError
from xemogpt.metrics.extraction.lexicon import load_lexicon
from xemogpt.metrics.extraction.parsing import json_values, without_thinking
from xemogpt.metrics.extraction.rules import RuleExtractor
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality
from xemogpt.signals.vocabulary import KINDS

MAX_STATEMENTS = 100
"""More is a model that repeats itself."""
MAX_ANSWER = 40_000
"""Characters of a whole answer; longer ones are not even read."""
MAX_TEXT = 8000
"""Characters of prose."""
MAX_STATEMENT = 500
MAX_EMOTIONS = 10
_DENIALS = frozenset(["not", "no", "neither", "never", "nor", "without", "hardly"])


class BadAnswer(AnnotatorError):
    """An answer that cannot be used; asking again may help."""


class Refusal(AnnotatorError):
    """The endpoint will not do what is asked."""


@dataclass
class _Statements:
    """Statements of an answer, and what had to be mended."""

    by_modality: dict[Modality, list[Cue]] = field(
        default_factory=lambda: {modality: [] for modality in MODALITIES}
    )
    flags: list[str] = field(default_factory=list)

    @property
    def cues(self) -> CueSet:
        return CueSet(**{name: tuple(cues) for name, cues in self.by_modality.items()})

    def add(self, modality: Modality, cue: Cue) -> None:
        """Add a statement, unless it is there already."""
        if cue not in self.by_modality[modality]:
            self.by_modality[modality].append(cue)

    def flag(self, code: str, sentence: str) -> None:
        line = f"{code}: {sentence}"
        if line not in self.flags:
            self.flags.append(line)


def read_description(text: str, modality: Described, duration_s: float | None) -> Description:
    """A description of one modality.

    Args:
        text: what the endpoint answered.
        modality: what was asked for; statements on another one are left out.
        duration_s: length of the clip; times beyond it are invented.

    Raises:
        Refusal: if the endpoint will not.
        BadAnswer: if it is empty, in another language, or neither JSON nor prose that states
            anything.
    """
    answer = _object(text, ("prose", "statements"))
    if answer is None:
        prose = _prose(text)
        found = _from_prose(prose, (modality,))
        return Description(text=prose, cues=found.cues, flags=tuple(found.flags))
    prose = clean(answer.get("prose"), MAX_TEXT)
    found = _from_list(answer.get("statements"), duration_s, modality)
    _check_words(prose, found)
    if not len(found.cues) and prose:
        told = _from_prose(prose, (modality,), flagged=False)
        found.by_modality = told.by_modality
    prose = prose or _join(found.cues.of(modality))
    if not prose:
        raise BadAnswer("it is empty")
    return Description(text=prose, cues=found.cues, flags=tuple(found.flags))


def read_fusion(text: str, duration_s: float | None) -> Fusion:
    """An explanation with its statements and emotions.

    Raises:
        Refusal: if the endpoint will not.
        BadAnswer: if it is empty, in another language, names no emotion, or is neither JSON nor
            prose that states anything.
    """
    answer = _object(text, ("explanation", "statements", "emotions"))
    if answer is None:
        prose = _prose(text)
        found = _from_prose(prose, MODALITIES)
        emotions = _emotions_in(found.cues)
        disagreement = ""
    else:
        prose = clean(answer.get("explanation"), MAX_TEXT)
        found = _from_list(answer.get("statements"), duration_s, None)
        _check_words(prose, found)
        if not prose:
            raise BadAnswer("the explanation is empty")
        told = _from_prose(prose, MODALITIES, flagged=False)
        if not len(found.cues):
            found.by_modality = told.by_modality
        emotions = _emotions(answer.get("emotions"))
        emotions = emotions or _emotions_in(told.cues)
        disagreement = clean(answer.get("disagreement"), MAX_STATEMENT)
    if not emotions:
        raise BadAnswer("it names no emotion")
    if disagreement and disagreement.lower().strip(" .") not in ("none", "null", "no", "n/a"):
        found.flag(DISAGREES, disagreement)
    return Fusion(
        text=prose,
        cues=found.cues,
        emotions=emotions[:MAX_EMOTIONS],
        flags=tuple(found.flags),
    )


def clean(value: Any, max_chars: int) -> str:
    """A text in one line that any file can hold; empty if it is none."""
    if not isinstance(value, str):
        return ""
    text = value.encode("utf-8", "replace").decode("utf-8")
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())[:max_chars]
    # "..." is what the form that was asked for has in place of a text.
    return text if any(char.isalnum() for char in text) else ""


def _object(text: str, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The JSON object of an answer that has any of the fields; none if the answer is prose.

    Raises:
        BadAnswer: if its fields are empty, or the answer is far too long.
    """
    if len(text) > MAX_ANSWER:
        raise BadAnswer(f"it has {len(text)} characters; {MAX_ANSWER} at most are read")
    for value in json_values(text):
        if isinstance(value, dict) and any(value.get(name) for name in names):
            return value
        if isinstance(value, dict) and any(name in value for name in names):
            raise BadAnswer("it is empty")
    return None


def _prose(text: str) -> str:
    """An answer that is no JSON, as prose.

    Raises:
        Refusal: if it is one.
        BadAnswer: if it is empty, broken JSON, in another language, or repeats itself.
    """
    prose = without_thinking(text).strip()
    if not prose:
        raise BadAnswer("it is empty")
    if is_refusal(prose):
        raise Refusal(f"the annotator refuses: {clean(prose, 200)!r}")
    if "{" in prose or '":' in prose or prose.startswith(("[", "```")):
        raise BadAnswer(f"its JSON is broken, cut off or of another form: {clean(prose, 80)!r}")
    prose = clean(prose, MAX_TEXT)
    _check_text(prose)
    return prose


def _from_prose(prose: str, wanted: Sequence[Modality], *, flagged: bool = True) -> _Statements:
    """Statements that rules find in prose.

    Raises:
        BadAnswer: if they find none, where the answer is nothing but prose.
    """
    found = _Statements()
    cues = RuleExtractor().extract(prose).cues
    for modality in wanted:
        for cue in cues.of(modality):
            found.add(modality, cue.model_copy(update={"source": "annotated"}))
    if not flagged:
        return found
    if not len(found.cues):
        raise BadAnswer(f"it is no JSON, and states nothing: {clean(prose, 80)!r}")
    found.flag("annotator-prose", "the annotator wrote prose; its statements were found by rules")
    return found


def _from_list(entries: Any, duration_s: float | None, only: Described | None) -> _Statements:
    """Statements of a JSON answer.

    Raises:
        BadAnswer: if there are so many that the model must be repeating itself.
    """
    found = _Statements()
    if not isinstance(entries, list):
        return found
    if len(entries) > MAX_STATEMENTS:
        raise BadAnswer(f"it has {len(entries)} statements; {MAX_STATEMENTS} at most are wanted")
    for entry in entries:
        entry = {"text": entry} if isinstance(entry, str) else entry
        text = clean(entry.get("text"), MAX_STATEMENT) if isinstance(entry, dict) else ""
        if not text:
            continue
        kind = _kind(entry.get("kind"), text, found)
        modality = _modality(entry.get("modality"), kind, text, only)
        if modality is None:
            found.flag(
                "annotator-modality", f"left out, for it was not to be judged here: {text[:80]!r}"
            )
            continue
        times = read_times(entry.get("start_s"), entry.get("end_s"), duration_s)
        if times is None:
            found.flag("annotator-times", f"invented times were left out of {text[:80]!r}")
        start_s, end_s = times or (None, None)
        cue = Cue(text=text, kind=kind, start_s=start_s, end_s=end_s, source="annotated")
        found.add(modality, cue)
    return found


def _kind(given: Any, text: str, found: _Statements) -> str | None:
    """A kind of the vocabulary, or none."""
    if not isinstance(given, str) or given.strip().lower() in ("", "null", "none"):
        return None
    name = given.strip().lower().replace("_", "-").replace(" ", "-")
    if name not in KINDS:
        found.flag("annotator-kinds", f"{clean(given, 40)!r} of {text[:80]!r} is no kind of cue")
        return None
    return name


def _modality(given: Any, kind: str | None, text: str, only: Described | None) -> Modality | None:
    """What a statement is about; none if that was not asked."""
    told: Modality | None = next((name for name in MODALITIES if name == given), None)
    told = KINDS[kind].modality if kind is not None else told
    if only is not None:
        return only if told in (None, only) else None
    if told is None:
        told = next((name for name, _ in RuleExtractor().extract(text).cues.items()), None)
    return told


def _check_words(prose: str, found: _Statements) -> None:
    """Refuse what JSON may hold instead of an answer.

    Raises:
        Refusal: if prose without a statement says no.
        BadAnswer: if it is in another language, or repeats itself.
    """
    if not len(found.cues) and is_refusal(prose):
        raise Refusal(f"the annotator refuses: {prose[:200]!r}")
    _check_text(prose)
    _check_text(_join([cue for _, cue in found.cues.items()]))


def _check_text(text: str) -> None:
    if repeats_itself(text):
        raise BadAnswer(f"it repeats itself: {text[:80]!r}")
    language = other_language(text)
    if language is not None:
        raise BadAnswer(f"it is in {language}, not in English: {text[:80]!r}")


def _join(cues: Sequence[Cue]) -> str:
    return " ".join(cue.text.rstrip(" .") + "." for cue in cues)


def _emotions(given: Any) -> tuple[str, ...]:
    """Words for emotions, the main one first."""
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, list):
        return ()
    words = (clean(word, 60).strip(" .").lower() for word in given)
    return tuple(dict.fromkeys(word for word in words if word))


def _emotions_in(cues: CueSet) -> tuple[str, ...]:
    """Emotion words of emotional statements; denied ones are left out."""
    known = load_lexicon().emotion_words
    found: dict[str, None] = {}
    for cue in cues.emotional:
        words = re.findall(r"[a-z]+(?:-[a-z]+)*", cue.text.lower())
        if not _DENIALS.intersection(words):
            found.update(dict.fromkeys(word for word in words if word in known))
    return tuple(found)
