"""The measured paragraph: what is seen, heard and said, and what it points to. Nothing else."""

from collections.abc import Sequence
from itertools import pairwise

from xemogpt.schema import Cue, Emotion, Transcript
from xemogpt.signals.appraise import NOUNS, Appraisal, supporting
from xemogpt.signals.phrasing import (
    at_times,
    between,
    by_text,
    capital,
    joined,
    number,
    parted,
    sentences,
    statements,
    times,
    when,
)
from xemogpt.signals.timeline import Measurement

MIN_CONFIDENCE = 0.4
PRESENT_SHARE = 0.95
TRACE_SCORE, STRONG_SCORE = 0.2, 0.25
LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "hi": "Hindi", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian",
    "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip
# Said with their value, which listeners of speech research expect.
VALUED = {
    "low-pitch": "{:.0f} Hz", "high-pitch": "{:.0f} Hz", "monotone": "a range of {:.0f} semitones",
    "lively-pitch": "a range of {:.0f} semitones", "fast-speech": "{:.1f} syllables a second",
    "slow-speech": "{:.1f} syllables a second", "loudness-rise": "by {:.0f} dB",
    "blink-rate": "{:.0f} times a minute",
}  # fmt: skip
SILENT_KINDS = frozenset(
    {"face", "several-faces", "talking", "speech", "pause", "blink", "silence", "no-speech"}
)
"""Told in sentences of their own or not at all."""
ABSENT = {
    "no-face": "No face can be seen.",
    "no-video": "There is no picture.",
    "no-sound": "There is no sound.",
    "short-sound": "The sound is too short to judge a voice.",
    "silence": "The sound track is silent.",
    "no-speech": "No speech is heard.",
}


def compose(measurement: Measurement, appraisal: Appraisal) -> str:
    """A paragraph in plain English from measured cues, each with its time.

    Args:
        measurement: cues, words and warnings of one clip or window.
        appraisal: what ``appraise`` made of it.
    """
    cues = measurement.cues
    parts = [
        *_seen(cues.visual),
        *_missing(measurement.warnings),
        *_heard(cues.auditory),
        *_said(measurement.transcript),
        _conclusion(measurement, appraisal),
    ]
    return " ".join(parts)


def _seen(cues: Sequence[Cue]) -> list[str]:
    """What the face, the eyes and the head do."""
    said = []
    if crowd := [cue for cue in cues if cue.kind == "several-faces"]:
        count = max(int(cue.value or 2) for cue in crowd)
        said.append(
            f"{capital(number(count))} faces are in the picture; the main one is described."
        )
    said += _presence([cue for cue in cues if cue.kind == "face"])
    deeds, states = parted(by_text(_worth_telling(cues)))
    blinks = [cue for cue in cues if cue.kind == "blink"]
    if blinks and not any(cue.kind == "blink-rate" for cue in cues):
        deeds.append(_blinking(blinks))
    return [*said, *sentences("The person", deeds), *statements(states)]


def _worth_telling(cues: Sequence[Cue]) -> list[Cue]:
    """Sure cues that have no sentence of their own."""
    return [
        cue
        for cue in cues
        if cue.kind not in SILENT_KINDS and (cue.confidence or 0) >= MIN_CONFIDENCE
    ]


def _presence(faces: Sequence[Cue]) -> list[str]:
    """When the face is there, if it is not there all the time."""
    if not faces or (faces[0].value or 0.0) > PRESENT_SHARE:
        return []
    return [f"A face is visible only {at_times(faces)}."]


def _blinking(blinks: Sequence[Cue]) -> str:
    if len(blinks) == 1:
        return f"blinks once, {when(blinks[0])}"
    start_s, end_s = blinks[0].start_s or 0.0, blinks[-1].end_s or 0.0
    return f"blinks {times(len(blinks))} {between(start_s, end_s)}"


def _missing(warnings: Sequence[str]) -> list[str]:
    """What is not there at all."""
    codes = [warning.partition(":")[0] for warning in warnings]
    return [ABSENT[code] for code in codes if code in ABSENT]


def _heard(cues: Sequence[Cue]) -> list[str]:
    """Speech, its pauses, and how the voice sounds."""
    spoken = [cue for cue in cues if cue.kind == "speech"]
    if not spoken:
        return []
    start_s, end_s = spoken[0].start_s or 0.0, spoken[-1].end_s or 0.0
    said = [f"Speech is heard {between(start_s, end_s)}{_pauses(cues)}."]
    throughout: list[Cue] = []
    moments: list[Cue] = []
    for cue in _worth_telling(cues):
        whole = (cue.start_s, cue.end_s) == (start_s, end_s)
        (throughout if whole else moments).append(cue)
    manner = [_valued(cue) for cue in throughout]
    spoken_so = [text.removeprefix("speaks ") for text in manner if text.startswith("speaks ")]
    deeds = [f"speaks {joined(spoken_so)}"] if spoken_so else []
    acts, events = parted(by_text(moments))
    said += sentences("The person", [*deeds, *acts])
    states = [text for text in manner if not text.startswith("speaks ")]
    return [*said, *statements([*states, *events])]


def _pauses(cues: Sequence[Cue]) -> str:
    pauses = [cue for cue in cues if cue.kind == "pause"]
    if not pauses:
        return ""
    longest = max(pauses, key=lambda cue: cue.value or 0.0)
    length = f"{longest.value or 0.0:.1f} s"
    if len(pauses) == 1:
        return f", with a pause of {length} {when(longest)}"
    return f", with {number(len(pauses))} pauses, the longest of {length} {when(longest)}"


def _valued(cue: Cue) -> str:
    """The cue with its value, where listeners expect one."""
    form = VALUED.get(cue.kind or "")
    return cue.text if form is None else f"{cue.text} ({form.format(cue.value)})"


def _said(transcript: Transcript | None) -> list[str]:
    """The words, quoted."""
    if transcript is None or not transcript.text.strip():
        return []
    words = " ".join(transcript.text.split())
    language = LANGUAGES.get(transcript.language or "", "")
    known = "The words" if transcript.source == "recognised" else "The given words"
    return [f'{known}{f", in {language}," if language else ""} are: "{words}"']


def _conclusion(measurement: Measurement, appraisal: Appraisal) -> str:
    """What the cues point to, and which of them."""
    cues = [cue for _, cue in measurement.cues.items()]
    first, *rest = appraisal.emotions
    if not cues:
        return "Nothing that could be measured expresses an emotion."
    if first.label == "neutral":
        traces = [NOUNS[item.label] for item in rest if item.score >= TRACE_SCORE]
        trace = f", with a trace of {joined(traces)}" if traces else ""
        return f"Taken together, no marked emotion is expressed{trace}."
    strong = [
        item
        for item in appraisal.emotions
        if item is first or (item.score >= STRONG_SCORE and item.label != "neutral")
    ]
    verb = "point to" if first.score >= 0.5 else "faintly suggest"
    in_turn = _in_turn(strong, appraisal.cues)
    parts = [_reasoned(item, cues) for item in in_turn or strong]
    return f"Taken together, these cues {verb} {joined(parts, 'and then' if in_turn else 'and')}."


def _reasoned(emotion: Emotion, cues: Sequence[Cue]) -> str:
    """The emotion and the three strongest cues for it."""
    strongest: dict[str | None, str] = {}
    for cue in supporting(emotion.label, _worth_telling(cues)):
        strongest.setdefault(cue.kind, cue.text)
    reasons = list(strongest.values())[:3]
    return NOUNS[emotion.label] + (f" ({'; '.join(reasons)})" if reasons else "")


def _in_turn(emotions: Sequence[Emotion], cues: Sequence[Cue]) -> list[Emotion]:
    """The emotions in order of time if each ends before the next begins, else an empty list."""
    spans = {cue.kind: (cue.start_s or 0.0, cue.end_s or 0.0) for cue in cues}
    if len(emotions) < 2 or any(item.label not in spans for item in emotions):
        return []
    ordered = sorted(emotions, key=lambda item: spans[item.label])
    follow = all(spans[one.label][1] <= spans[two.label][0] + 0.3 for one, two in pairwise(ordered))
    return ordered if follow else []
