"""Auditory cues: speech, silence and pauses, pitch, loudness, rate, voice quality."""

from itertools import pairwise

import numpy as np

from xemogpt.schema import Cue, Transcript
from xemogpt.signals.evidence import confidence_of, measured_cue
from xemogpt.signals.intonation import burst_cues, final_cues, tremor_cues
from xemogpt.signals.timeline import Span
from xemogpt.signals.vocabulary import rule
from xemogpt.signals.voice_curves import VoiceCurves
from xemogpt.signals.voice_stats import VoiceStats, speech_frames, voice_stats

SHORT_PAUSE_S, LONG_PAUSE_S = 0.5, 1.0
MIN_SPEECH_S = 0.6
"""Less speech has no rate, range or trend worth a name."""
BREATHY_ALPHA_DB = -14.0


def is_silent(curves: VoiceCurves) -> bool:
    """Whether the whole sound is below the silence threshold."""
    return bool(curves.loudness_db.max() < (rule("silence").level or -60.0))


def voice_cues(curves: VoiceCurves, transcript: Transcript | None = None) -> list[Cue]:
    """Every auditory cue, in order of time.

    Args:
        curves: the voice.
        transcript: words with times, if known; their rate is then said beside the syllables'.
    """
    start_s, end_s = float(curves.times_s[0]), float(curves.times_s[-1])
    if is_silent(curves):
        level = float(curves.loudness_db.max())
        return [measured_cue("silence", start_s, end_s, level, 0.95)]
    spans = curves.speech_spans()
    if not spans:
        sure = 1 - float(curves.speech.max())
        return [measured_cue("no-speech", start_s, end_s, 1.0, max(0.5, sure))]
    stats = voice_stats(curves, spans)
    whole = Span(spans[0].start_s, spans[-1].end_s, spans[0].first, spans[-1].last, 1.0)
    cues = [_speech_cue(curves, span) for span in spans]
    cues += pause_cues(curves, spans)
    cues += final_cues(curves, spans)
    cues += burst_cues(curves, speech_frames(curves, spans))
    cues += tremor_cues(curves)
    if stats.speech_s >= MIN_SPEECH_S:
        cues += _level_cues(stats, whole)
        cues += _trend_cues(stats, whole)
        cues += _rate_cues(stats, whole, transcript)
        cues += _quality_cues(stats, whole)
    return sorted(cues, key=lambda cue: (cue.start_s or 0.0, cue.end_s or 0.0))


def pause_cues(curves: VoiceCurves, spans: list[Span]) -> list[Cue]:
    """Gaps between stretches of speech."""
    limits = rule("pause")
    cues = []
    for before, after in pairwise(spans):
        gap_s = after.start_s - before.end_s
        if gap_s < (limits.level or 0.0):
            continue
        phrase = int(gap_s >= SHORT_PAUSE_S) + int(gap_s >= LONG_PAUSE_S)
        quiet = 1 - float(curves.speech[before.last + 1 : after.first].mean())
        sure = max(0.5, min(0.95, quiet))
        cues.append(measured_cue("pause", before.end_s, after.start_s, gap_s, sure, phrase))
    return cues


def _speech_cue(curves: VoiceCurves, span: Span) -> Cue:
    sure = float(curves.speech[span.first : span.last + 1].mean())
    return measured_cue("speech", span.start_s, span.end_s, sure, sure)


def _above(kind: str, value: float, span: Span, margin: float) -> list[Cue]:
    """The cue if ``value`` reaches its level; sure when ``margin`` beyond it."""
    return _named(kind, value, value - (rule(kind).level or 0.0), span, margin)


def _below(kind: str, value: float, span: Span, margin: float) -> list[Cue]:
    """The cue if ``value`` is at most its level."""
    return _named(kind, value, (rule(kind).level or 0.0) - value, span, margin)


def _named(kind: str, value: float, excess: float, span: Span, margin: float) -> list[Cue]:
    if np.isnan(value) or excess < 0:
        return []
    sure = confidence_of(1 + excess / margin, rule(kind))
    return [measured_cue(kind, span.start_s, span.end_s, value, sure)]


def _level_cues(stats: VoiceStats, span: Span) -> list[Cue]:
    """Level and range of the pitch."""
    return [
        *_below("low-pitch", stats.pitch_hz, span, 15.0),
        *_above("high-pitch", stats.pitch_hz, span, 60.0),
        *_below("monotone", stats.pitch_range, span, 1.0),
        *_above("lively-pitch", stats.pitch_range, span, 3.0),
    ]


def _trend_cues(stats: VoiceStats, span: Span) -> list[Cue]:
    """Pitch and loudness over the whole of the speech."""
    cues = [
        *_above("pitch-rise", stats.pitch_trend, span, 3.0),
        *_above("loudness-rise", stats.loudness_trend, span, 4.0),
    ]
    for kind, trend, margin in (
        ("pitch-fall", -stats.pitch_trend, 4.0),
        ("loudness-fall", -stats.loudness_trend, 6.0),
    ):
        cues += [
            cue.model_copy(update={"value": -(cue.value or 0.0)})
            for cue in _above(kind, trend, span, margin)
        ]
    return cues


def _rate_cues(stats: VoiceStats, span: Span, transcript: Transcript | None) -> list[Cue]:
    """Speaking rate; words with times correct the count of syllables where they disagree."""
    cues = [
        *_above("fast-speech", stats.syllable_rate, span, 1.5),
        *_below("slow-speech", stats.syllable_rate, span, 0.8),
    ]
    words = word_rate(transcript, stats.speech_s)
    if np.isnan(words):
        return cues
    # Languages differ in syllables a word: only a plain contradiction overrules.
    return [
        cue
        for cue in cues
        if not (cue.kind == "slow-speech" and words > 3.0)
        and not (cue.kind == "fast-speech" and words < 1.5)
    ]


def word_rate(transcript: Transcript | None, speech_s: float) -> float:
    """Words a second of speech; NaN without word times or with little speech."""
    if transcript is None or not transcript.words or speech_s < MIN_SPEECH_S:
        return float("nan")
    count = sum(len(word.text.split()) for word in transcript.words)
    return count / speech_s


def _quality_cues(stats: VoiceStats, span: Span) -> list[Cue]:
    """Breathiness and tension; both depend on the microphone, hence their low trust."""
    cues = _above("tense-voice", stats.alpha_db, span, 4.0)
    if stats.alpha_db <= BREATHY_ALPHA_DB:
        cues += _below("breathy-voice", stats.hnr_db, span, 3.0)
    return cues
