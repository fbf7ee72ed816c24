"""How good a clip is: scores, flags with numbers, and reasons to leave it out.

Scores of a record (``quality``), each only where it can be known:

===================  ==========================================================================
``width_px``         of the pictures as shown; ``height_px`` likewise
``frame_rate``       frames a second, on average
``sample_rate_hz``   of the sound as stored
``clipped_share``    share of the samples (16 kHz, mono) at 99 % of full scale or more
``face_coverage``    share of the measured frames in which the main face was found
``speech_coverage``  share of the duration in which there is speech; none where all is silent
``speech_level_db``  level of the speech in dB of full scale, from its mean energy
``snr_db``           that level over the level of all sound outside of speech; none without 0.2 s
                     of both, or where the rest is digital silence
``num_cues``         visual and auditory cues that were measured
``supported_share``  share of the annotator's statements that verification kept
===================  ==========================================================================
"""

from collections.abc import Iterator

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import Thresholds
from xemogpt.emocue.steps.base import Tools

SUPPORTED = "supported_share"
WORTH_NOTING = {
    "face_coverage": 0.8,
    "speech_coverage": 0.3,
    "snr_db": 15.0,
    SUPPORTED: 0.8,
}
"""Scores below this are flagged although the clip is kept."""
MAX_CLIPPED = 0.001
MIN_SIDE_PX, MIN_FRAME_RATE, MIN_RATE_HZ, MIN_LEVEL_DB = 240, 12.0, 16_000, -45.0
_MEANINGS = {
    "face_coverage": ("low-face-coverage", "the face is seen in {0:.0%} of the frames"),
    "speech_coverage": ("low-speech-coverage", "there is speech in {0:.0%} of the time"),
    "snr_db": ("low-snr", "speech is {0:.1f} dB above the rest of the sound"),
    SUPPORTED: ("low-support", "verification kept {0:.0%} of the statements"),
}
_LIMITS = {"snr_db": "{0:.1f} dB"}


def judge_quality(record: EmoCueRecord, tools: Tools) -> EmoCueRecord:
    """Fill the score ``num_cues``, and flag what is low, with numbers."""
    scores = {**record.quality, "num_cues": float(_num_cues(record))}
    judged = record.model_copy(update={"quality": scores})
    notes = (*_low(judged, tools.settings.thresholds), *_poor_media(judged))
    flags = tuple(dict.fromkeys((*record.flags, *notes)))
    return judged.model_copy(update={"flags": flags})


def reasons_to_drop(record: EmoCueRecord, thresholds: Thresholds) -> tuple[str, ...]:
    """Why a record is not good enough, each "code: sentence"; empty if it is.

    A score that could not be known is no reason.
    """
    return tuple(_too_low(record, thresholds))


def _too_low(record: EmoCueRecord, thresholds: Thresholds) -> Iterator[str]:
    duration_s = record.duration_s
    if duration_s is not None and duration_s < thresholds.min_duration_s:
        limit = thresholds.min_duration_s
        yield f"too-short: the clip lasts {duration_s:.2f} s; at least {limit:g} s is asked"
    if duration_s is not None and duration_s > thresholds.max_duration_s:
        limit = thresholds.max_duration_s
        yield f"too-long: the clip lasts {duration_s:.2f} s; at most {limit:g} s is asked"
    for score, limit in _limits(thresholds).items():
        value = record.quality.get(score)
        if value is not None and value < limit:
            code, sentence = _MEANINGS[score]
            asked = _LIMITS.get(score, "{0:.0%}").format(limit)
            yield f"{code}: {sentence.format(value)}; at least {asked} is asked"
    # Words alone have nothing to measure.
    if record.media is not None and _num_cues(record) < thresholds.min_cues:
        yield (
            f"few-cues: {_num_cues(record)} visual and auditory cues were measured; at least"
            f" {thresholds.min_cues} is asked"
        )


def _limits(thresholds: Thresholds) -> dict[str, float]:
    return {
        "face_coverage": thresholds.min_face_coverage,
        "speech_coverage": thresholds.min_speech_coverage,
        "snr_db": thresholds.min_snr_db,
        SUPPORTED: thresholds.min_supported,
    }


def _low(record: EmoCueRecord, thresholds: Thresholds) -> Iterator[str]:
    """Scores that a reader must know of, or that the gate will stumble over."""
    for score, limit in _limits(thresholds).items():
        value = record.quality.get(score)
        if value is not None and value < max(limit, WORTH_NOTING[score]):
            code, sentence = _MEANINGS[score]
            yield f"{code}: {sentence.format(value)}"


def _poor_media(record: EmoCueRecord) -> Iterator[str]:
    scores = record.quality
    if (clipped := scores.get("clipped_share", 0.0)) > MAX_CLIPPED:
        yield f"clipped-sound: {clipped:.2%} of the samples are at the limit"
    side = min(scores.get("width_px", MIN_SIDE_PX), scores.get("height_px", MIN_SIDE_PX))
    if side < MIN_SIDE_PX:
        yield f"low-resolution: the shorter side of the picture has {side:.0f} pixels"
    if (rate := scores.get("frame_rate", MIN_FRAME_RATE)) < MIN_FRAME_RATE:
        yield f"low-picture-rate: {rate:.1f} frames a second"
    if (hertz := scores.get("sample_rate_hz", MIN_RATE_HZ)) < MIN_RATE_HZ:
        yield f"low-sample-rate: the sound has {hertz:.0f} samples a second"
    if (level := scores.get("speech_level_db", 0.0)) < MIN_LEVEL_DB:
        yield f"low-level: speech is at {level:.1f} dB of full scale"


def _num_cues(record: EmoCueRecord) -> int:
    measured = record.measured
    return 0 if measured is None else len(measured.visual) + len(measured.auditory)
