"""Measured cues of a clip of any length: measured by window, and joined."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from itertools import pairwise

import numpy as np

from xemogpt.emocue.records import EmoCueRecord, Step
from xemogpt.emocue.steps.base import Tools
from xemogpt.emocue.steps.scores import measured_scores
from xemogpt.media import Clip, open_clips, slice_transcript
from xemogpt.schema import MODALITIES, Cue, CueSet, Transcript
from xemogpt.signals.evidence import measured_cue
from xemogpt.signals.timeline import Curve, Measurement, sample_step
from xemogpt.signals.vocabulary import rule

JOIN_GAP_S = 0.25
"""A cue that stops at a cut and goes on within this time is one cue."""
LONG_PAUSE_S = 1.0
NOTHING = frozenset({"no-video", "no-face", "no-sound", "short-sound", "silence", "no-speech"})
"""Warnings that hold for a clip only if they hold for all of it."""
_version = cache(version)  # reads a file each time


def measure(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Fill ``measured``, the transcript where words are recognised, scores and flags.

    Raises:
        MediaError: if the media cannot be decoded.
        WeightsError: if a detector's weights are not there.
    """
    if record.media is None:
        return record
    found = tools.measurement(record)
    scores = measured_scores(found, record.duration_s)
    step = Step(tool="measure", version=_version("xemogpt"), model="face-landmarker, silero-vad")
    recognised = found.transcript is not None and record.transcript is None
    steps = [step]
    if recognised:
        steps.append(
            Step(
                tool="recognise/faster-whisper",
                version=_version("faster-whisper"),
                model="whisper-base-ct2",
            )
        )
    return record.model_copy(
        update={
            "measured": found.cues,
            "transcript": found.transcript if recognised else record.transcript,
            "quality": {**record.quality, **scores},
            "flags": tuple(dict.fromkeys((*record.flags, *found.warnings))),
            "steps": (*record.steps, *steps),
        }
    )


def measure_media(record: EmoCueRecord, tools: Tools) -> Measurement:
    """Measure a record's media window by window, and join what was found.

    Raises:
        MediaError: if the media cannot be decoded.
        WeightsError: if a detector's weights are not there.
    """
    if record.media is None:
        return Measurement(CueSet(), (), record.transcript, ())
    windows, found = [], []
    for clip in open_clips(record.media_path(tools.folder)):
        given = record.transcript
        if given is not None:
            given = slice_transcript(given, clip.start_s, clip.end_s)
        found.append(tools.meter.measure(clip, given, recognise=tools.settings.recognise))
        windows.append((clip.start_s, clip.end_s))
        _forget(clip)
    return join_measurements(windows, found, record.transcript)


def join_measurements(
    windows: Sequence[tuple[float, float]],
    found: Sequence[Measurement],
    given: Transcript | None = None,
) -> Measurement:
    """One measurement from those of the windows of a clip, in order.

    Args:
        windows: start and end of each, in seconds.
        found: what was measured in each.
        given: the transcript of the whole clip, where it was known.
    """
    if len(found) == 1:
        return found[0]
    curves = _join_curves(windows, found)
    cues = _join_cues([each.cues for each in found])
    auditory = [*cues.auditory, *_pauses_at_cuts(found, curves)]
    auditory.sort(key=lambda cue: (cue.start_s or 0.0, cue.end_s or 0.0))
    return Measurement(
        cues=CueSet(cues.visual, auditory, cues.emotional),
        curves=curves,
        transcript=given or _join_words([each.transcript for each in found]),
        warnings=_join_warnings(windows, found),
    )


def _forget(clip: Clip) -> None:
    """Let go of a window's sound: nothing needs it once it is measured."""
    clip.waveform = None


def _join_cues(sets: Sequence[CueSet]) -> CueSet:
    """All cues in order; those that run across a cut made one."""
    joined: dict[str, list[Cue]] = {modality: [] for modality in MODALITIES}
    for cues in sets:
        for modality in MODALITIES:
            earlier = joined[modality]
            # Only what ended at the cut can go on: found before this window's are added.
            open_ended = list(enumerate(earlier))
            for cue in cues.of(modality):
                index = next((i for i, old in open_ended if _goes_on(old, cue)), None)
                if index is None:
                    earlier.append(cue)
                else:
                    earlier[index] = _merged(earlier[index], cue)
                    open_ended = [(i, old) for i, old in open_ended if i != index]
    return CueSet(joined["visual"], joined["auditory"], joined["emotional"])


def _goes_on(old: Cue, new: Cue) -> bool:
    if (old.kind, old.text) != (new.kind, new.text) or old.end_s is None or new.start_s is None:
        return False
    return -1e-6 <= new.start_s - old.end_s <= JOIN_GAP_S


def _merged(old: Cue, new: Cue) -> Cue:
    strongest = max(old, new, key=lambda cue: cue.confidence or 0.0)
    return strongest.model_copy(update={"start_s": old.start_s, "end_s": new.end_s})


def _join_curves(
    windows: Sequence[tuple[float, float]], found: Sequence[Measurement]
) -> tuple[Curve, ...]:
    """Curves one after the other; a window that lacks one is filled with NaN."""
    names = dict.fromkeys(curve.name for each in found for curve in each.curves)
    joined = []
    for name in names:
        have = [next((c for c in each.curves if c.name == name), None) for each in found]
        first = next(curve for curve in have if curve is not None)
        step_s = sample_step(first.times_s)
        times, values = [], []
        for (start_s, end_s), curve in zip(windows, have, strict=True):
            grid = np.arange(start_s, end_s, step_s) if curve is None else curve.times_s
            times.append(grid)
            values.append(np.full(len(grid), np.nan) if curve is None else curve.values)
        joined.append(Curve(name, np.concatenate(times), np.concatenate(values), first.unit))
    return tuple(joined)


def _pauses_at_cuts(found: Sequence[Measurement], curves: Sequence[Curve]) -> list[Cue]:
    """Pauses that a cut runs through: windows are cut in pauses, and each sees half of one."""
    speech = [[cue for cue in each.cues.auditory if cue.kind == "speech"] for each in found]
    activity = next((curve for curve in curves if curve.name == "speech"), None)
    pauses = []
    for before, after in pairwise([spans for spans in speech if spans]):
        start_s, end_s = before[-1].end_s or 0.0, after[0].start_s or 0.0
        gap_s = end_s - start_s
        if gap_s < (rule("pause").level or 0.0) or activity is None:
            continue
        inside = (activity.times_s >= start_s) & (activity.times_s < end_s)
        quiet = 1 - float(np.nanmean(activity.values[inside])) if inside.any() else 0.5
        phrase = int(gap_s >= 0.5) + int(gap_s >= LONG_PAUSE_S)
        sure = max(0.5, min(0.95, quiet))
        pauses.append(measured_cue("pause", start_s, end_s, gap_s, sure, phrase))
    return pauses


def _join_words(transcripts: Sequence[Transcript | None]) -> Transcript | None:
    present = [each for each in transcripts if each is not None and each.text]
    if not present:
        return None
    languages = [each.language for each in present if each.language]
    return Transcript(
        text=" ".join(each.text for each in present),
        language=max(languages, key=languages.count) if languages else None,
        source=present[0].source,
        words=tuple(word for each in present for word in each.words),
    )


def _join_warnings(
    windows: Sequence[tuple[float, float]], found: Sequence[Measurement]
) -> tuple[str, ...]:
    """Each warning once; one that holds for some windows only says for which."""
    where: dict[str, list[str]] = {}
    for (start_s, end_s), each in zip(windows, found, strict=True):
        for text in dict.fromkeys(each.warnings):
            where.setdefault(text, []).append(f"{start_s:.1f}-{end_s:.1f} s")
    return tuple(
        text if len(places) == len(windows) else _of_part(text, places)
        for text, places in where.items()
    )


def _of_part(text: str, places: Sequence[str]) -> str:
    code = text.partition(":")[0]
    prefix = "partly-" if code in NOTHING else ""
    return f"{prefix}{text} (in {', '.join(places)})"
