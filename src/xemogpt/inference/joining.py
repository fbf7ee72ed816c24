"""Putting the windows of a clip together again: text, cues, emotions, words, warnings."""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version

from xemogpt.inference.requests import Examination, Passage, Piece
from xemogpt.inference.writers import Writer
from xemogpt.schema import (
    MODALITIES,
    Cue,
    CueSet,
    Emotion,
    Explanation,
    Provenance,
    Transcript,
    Window,
)
from xemogpt.signals import Meter

JOIN_GAP_S = 0.25
"""A cue that stops at a window's edge and goes on within this time is one cue."""
_REPORTED_PACKAGES = ("xemogpt", "ai-edge-litert", "av", "faster-whisper", "numpy", "swift-f0")


_version = cache(version)  # reads a file each time


def join_pieces(
    pairs: Sequence[tuple[Piece, Passage]], writer: Writer, meter: Meter
) -> Examination:
    """One explanation from the windows of one request, in order."""
    pieces = tuple(piece for piece, _ in pairs)
    passages = tuple(passage for _, passage in pairs)
    windows = tuple(
        Window(
            start_s=piece.start_s, end_s=piece.end_s, text=passage.text, emotions=passage.emotions
        )
        for piece, passage in pairs
    )
    warnings = [(*piece.measurement.warnings, *passage.warnings) for piece, passage in pairs]
    measured = join_cues([piece.measurement.cues for piece in pieces])
    explanation = Explanation(
        media=pieces[0].request.name,
        text=_join_texts(windows),
        source=writer.source,
        emotions=join_emotions(windows),
        cues=join_cues([passage.cues for passage in passages]),
        evidence=tuple(cue for _, cue in measured.items()),
        transcript=join_transcripts(piece.measurement.transcript for piece in pieces),
        warnings=join_warnings(warnings, windows),
        windows=windows if len(windows) > 1 else (),
        provenance=Provenance(
            model=writer.name,
            weights={**meter.weights(), **writer.weights},
            versions={name: _version(name) for name in (*_REPORTED_PACKAGES, *writer.packages)},
            settings=writer.settings,
            seconds=round(sum(piece.seconds for piece in pieces), 3),
        ),
    )
    return Examination(explanation, pieces, passages)


def _join_texts(windows: Sequence[Window]) -> str:
    if len(windows) == 1:
        return windows[0].text
    return "\n\n".join(f"[{w.start_s:.1f}-{w.end_s:.1f} s] {w.text}" for w in windows)


def join_cues(sets: Sequence[CueSet]) -> CueSet:
    """All cues in order, those that run across a window's edge made one.

    >>> before = CueSet(visual=[Cue(text="smiles", kind="smile", start_s=9.0, end_s=12.0)])
    >>> after = CueSet(visual=[Cue(text="smiles", kind="smile", start_s=12.0, end_s=14.0)])
    >>> [(cue.start_s, cue.end_s) for cue in join_cues([before, after]).visual]
    [(9.0, 14.0)]
    """
    joined: dict[str, list[Cue]] = {modality: [] for modality in MODALITIES}
    for cues in sets:
        for modality, cue in cues.items():
            earlier = joined[modality]
            index = next((i for i, old in enumerate(earlier) if _continues(old, cue)), None)
            if index is None:
                earlier.append(cue)
            else:
                earlier[index] = _merge(earlier[index], cue)
    return CueSet(joined["visual"], joined["auditory"], joined["emotional"])


def _continues(old: Cue, new: Cue) -> bool:
    same = (old.kind, old.text, old.source) == (new.kind, new.text, new.source)
    if old.end_s is None or new.start_s is None:
        return same and old.start_s == new.start_s and old.end_s == new.end_s
    return same and 0 <= new.start_s - old.end_s <= JOIN_GAP_S


def _merge(old: Cue, new: Cue) -> Cue:
    strongest = max(old, new, key=lambda cue: cue.confidence or 0.0)
    return strongest.model_copy(update={"start_s": old.start_s, "end_s": new.end_s})


def join_emotions(windows: Sequence[Window]) -> tuple[Emotion, ...]:
    """Emotions of all windows, scores averaged by duration, strongest first."""
    if len(windows) == 1:
        return windows[0].emotions
    total_s = sum(window.end_s - window.start_s for window in windows) or 1.0
    scores: dict[str, float] = {}
    for window in windows:
        for emotion in window.emotions:
            share = emotion.score * (window.end_s - window.start_s) / total_s
            scores[emotion.label] = scores.get(emotion.label, 0.0) + share
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    return tuple(Emotion(label=label, score=round(min(score, 1.0), 4)) for label, score in ranked)


def join_transcripts(transcripts: Iterable[Transcript | None]) -> Transcript | None:
    """The words of all windows as one transcript, or none if nothing was said."""
    present = [transcript for transcript in transcripts if transcript and transcript.text]
    if not present:
        return None
    languages = [transcript.language for transcript in present if transcript.language]
    return Transcript(
        text=" ".join(transcript.text for transcript in present),
        language=max(languages, key=languages.count) if languages else None,
        source=present[0].source,
        words=tuple(word for transcript in present for word in transcript.words),
    )


def join_warnings(groups: Sequence[Sequence[str]], windows: Sequence[Window]) -> tuple[str, ...]:
    """Each warning once; one that holds for some windows only says for which."""
    where: dict[str, list[Window]] = {}
    for warnings, window in zip(groups, windows, strict=True):
        for warning in dict.fromkeys(warnings):
            where.setdefault(warning, []).append(window)
    return tuple(
        warning
        if len(found) == len(windows)
        else f"{warning} (in {', '.join(f'{w.start_s:.1f}-{w.end_s:.1f} s' for w in found)})"
        for warning, found in where.items()
    )
