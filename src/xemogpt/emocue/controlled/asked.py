"""The cues that a script asks for, with times: what a perfect clip would show and let hear."""

from collections.abc import Sequence

from xemogpt.emocue.controlled.script import Beat, Script
from xemogpt.emocue.controlled.speech import Speech
from xemogpt.schema import Cue, CueSet
from xemogpt.signals.appraise import NOUNS
from xemogpt.signals.phrasing import times
from xemogpt.signals.vocabulary import KINDS

FINAL_S = 0.4
"""Stretch of voice that a final rise or fall takes, as the detector measures it."""
STRONG = 0.92
"""Strength from which the strongest phrase is used."""
SLIGHT = 0.6
"""Strength under which the weakest phrase is used."""


def asked_cues(script: Script, speech: Speech | None = None) -> CueSet:
    """The cues of a script.

    Args:
        script: of the clip.
        speech: as spoken; gives sounds their times. Without it, sounds have none.

    Returns:
        Visual cues in order of time, auditory ones in the order asked, and the expressed emotion;
        in an incongruent clip the other of face and voice follows it.
    """
    return CueSet(
        visual=[_seen(beat) for beat in script.beats],
        auditory=[_heard(kind, script, speech) for kind in script.asked_auditory],
        emotional=_felt(script, speech),
    )


def _seen(beat: Beat) -> Cue:
    """A beat from the middle of its onset to the middle of its offset: half strength or more."""
    phrase = _phrase(KINDS[beat.kind].phrases, beat.strength)
    if beat.kind == "head-nod":
        phrase = f"nods {times(beat.count)}"
    return Cue(
        text=phrase.format(side=beat.side or "side"),
        kind=beat.kind,
        start_s=round((beat.onset_s + beat.apex_s) / 2, 3),
        end_s=round((beat.release_s + beat.offset_s) / 2, 3),
        source="asked",
    )


def _phrase(phrases: Sequence[str], strength: float) -> str:
    """Phrases are given weakest first."""
    if len(phrases) == 1 or strength < SLIGHT:
        return phrases[0]
    return phrases[-1] if strength >= STRONG else phrases[1 if len(phrases) > 2 else 0]


def _heard(kind: str, script: Script, speech: Speech | None) -> Cue:
    """A sound where it is, or over the whole speech where it has no place."""
    start_s, end_s = _span(kind, script, speech) if speech and speech.words else (None, None)
    lasts_s = script.edit.pauses[0].duration_s if script.edit.pauses else 0.0
    phrases = KINDS[kind].phrases
    text = phrases[0]
    if kind == "pause":
        text = phrases[0 if lasts_s < 0.5 else 1 if lasts_s < 1 else 2]
    return Cue(text=text, kind=kind, start_s=start_s, end_s=end_s, source="asked")


def _span(kind: str, script: Script, speech: Speech) -> tuple[float, float]:
    """Start and end in seconds."""
    first_s, last_s = speech.words[0].start_s, speech.words[-1].end_s
    if kind in ("final-rise", "final-fall"):
        return max(first_s, round(last_s - FINAL_S, 3)), last_s
    if kind == "pause" and script.edit.pauses:
        after = min(script.edit.pauses[0].after_word, len(speech.words) - 2)
        if after >= 0:
            return speech.words[after].end_s, speech.words[after + 1].start_s
    if kind == "loud-burst":
        third_s = (last_s - first_s) / 3
        return round(first_s + third_s, 3), round(last_s - third_s, 3)
    return first_s, last_s


def _felt(script: Script, speech: Speech | None) -> list[Cue]:
    """The emotion over the cues' time, and the other one of face or voice, if they disagree."""
    ends = [beat.offset_s for beat in script.beats]
    ends += [word.end_s for word in speech.words[-1:]] if speech else []
    starts = [beat.onset_s for beat in script.beats]
    starts += [word.start_s for word in speech.words[:1]] if speech else []
    start_s, end_s = min(starts, default=None), max(ends, default=None)
    shown = dict.fromkeys((script.emotion, script.face_emotion, script.voice_emotion))
    return [
        Cue(
            text=f"expresses {NOUNS[name]}",
            kind=name,
            start_s=start_s,
            end_s=end_s,
            source="asked",
        )
        for name in shown
    ]
