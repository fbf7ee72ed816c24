"""A plain reading: what a model adds of its own - stress, falls, pauses, pace - is evened out.

Edits start from here, so that what is heard in a clip is what was asked for, and so that voices
do not differ in what they tend to do.
"""

from dataclasses import replace

import numpy as np

from xemogpt.emocue.controlled.lexicon import VOICELESS, VOWELS
from xemogpt.emocue.controlled.vocoder import (
    FRAME_S,
    Floats,
    Vocoded,
    retimed,
    shelf,
    with_formants,
)
from xemogpt.emocue.controlled.voices import Voice

SYLLABLES_PER_S = 4.5
MAX_STRETCH = 1.5
GAP_S = 0.05
"""Longest silence between two words."""
QUIET_DB, QUIET_S = 26.0, 0.09
"""Longest stretch within the speech that is so far below the vowels."""
LOUDEST_DB = 3.0
"""No sound is louder than the vowels by more."""
EDGE_S = 0.06
"""Kept before the first and after the last sound."""
BRIDGE_S = 0.08
"""Gaps of voice in voiced sounds up to this long are the tracker's."""
RANGE_ST, TREND_ST, FINAL_ST = 5.8, -1.5, -0.8
"""Pitch of a plain reading: 10th to 90th percentile, from start to end, over the last 0.4 s."""
MAX_EXCURSION_ST = 7.0
SMOOTH_S = 0.045
EVENED = 0.9
"""Share of the differences in level between vowels that is taken away."""
MAX_GAIN_DB = 12.0
ALPHA_DB = -13.0
"""Energy at 1-5 kHz over that at 50-1000 Hz in voiced frames."""
MAX_SHELF_DB = 12.0
LEVEL_DB = -23.0
"""Mean level of the vowels, of full scale."""


def levelled(speech: Vocoded, voice: Voice) -> Vocoded:
    """A plain reading by a voice.

    Args:
        speech: as a model said it; phones have times.
        voice: gives pitch and formants.

    Returns:
        The speech from just before its first sound to just after its last.
    """
    speech = _paced(_unpaused(_bridged(speech)))
    speech = with_formants(speech, voice.formant)
    speech = _shaped(speech)
    return _pitched(_evened(speech), voice.pitch_hz)


def pitch_statistics(
    times_s: Floats, semitones: Floats, ending: Floats
) -> tuple[float, float, float]:
    """Slope in semitones a second, range of the 10th to 90th percentile, final movement; (V,)."""
    slope = float(np.polyfit(times_s, semitones, 1)[0]) if len(times_s) > 3 else 0.0
    spread = float(np.ptp(np.percentile(semitones, [10, 90])))
    recent = semitones[(ending > 0) & (ending < 1)]
    if not len(recent):
        return slope, spread, 0.0
    quarter = max(1, len(recent) // 4)
    final = float(np.median(recent[-quarter:]) - np.median(recent[:quarter]))
    return slope, spread, final


def _bridged(speech: Vocoded) -> Vocoded:
    """Voice through the short gaps that trackers leave in voiced sounds."""
    times_s, voiced = speech.times_s, speech.voiced
    if not voiced.any():
        return speech
    may = np.zeros(len(times_s), bool)
    for phone in speech.phones:
        if phone.symbol not in VOICELESS:
            may |= (times_s >= phone.start_s - FRAME_S) & (times_s < phone.end_s + FRAME_S)
    pitch = np.exp(np.interp(times_s, times_s[voiced], np.log(speech.pitch_hz[voiced])))
    filled, noise = voiced.copy(), speech.noise.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[1], voiced.astype(int), [1]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        inside = first > 0 and last < len(voiced)
        if inside and may[first:last].all() and (last - first) * FRAME_S <= BRIDGE_S:
            filled[first:last] = True
            noise[first:last] = (noise[first - 1] + noise[last]) / 2
    return replace(speech, pitch_hz=np.where(filled, pitch, 0.0), noise=noise)


def _paced(speech: Vocoded) -> Vocoded:
    """At the usual pace, without pauses between words, cut at its ends."""
    words = speech.words
    num_syllables = sum(phone.symbol in VOWELS for phone in speech.phones)
    spoken_s = sum(word.end_s - word.start_s for word in words)
    gaps_s = GAP_S * (len(words) - 1) / 2
    factor = (num_syllables / SYLLABLES_PER_S - gaps_s) / max(spoken_s, FRAME_S)
    factor = float(np.clip(factor, 1 / MAX_STRETCH, MAX_STRETCH))
    lead_s = min(EDGE_S, words[0].start_s)
    old, new = [words[0].start_s - lead_s], [0.0]
    for index, word in enumerate(words):
        gap_s = word.start_s - old[-1]
        new.append(new[-1] + (lead_s if index == 0 else min(gap_s, GAP_S)))
        old.append(word.start_s)
        new.append(new[-1] + (word.end_s - word.start_s) * factor)
        old.append(word.end_s)
    old.append(words[-1].end_s + EDGE_S)
    new.append(new[-1] + EDGE_S)
    # Words that touch share an edge; times that stand still cannot be interpolated.
    kept = np.concatenate([[True], np.diff(old) > 1e-6])
    return retimed(speech, np.array(old)[kept], np.array(new)[kept])


def _unpaused(speech: Vocoded) -> Vocoded:
    """Without the silences that a model makes inside words or counts as part of them."""
    times_s, level = speech.times_s, speech.level_db
    usual = np.percentile(level, 80)
    first_s, last_s = speech.words[0].start_s, speech.words[-1].end_s
    quiet = (level < usual - QUIET_DB) & (times_s > first_s) & (times_s < last_s)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(int), [0]])))
    steps = np.ones(len(times_s))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        steps[start:end] = min(1.0, QUIET_S / ((end - start) * FRAME_S))
    new_s = np.concatenate([[0.0], np.cumsum(steps)]) * FRAME_S
    return retimed(speech, FRAME_S * np.arange(len(new_s), dtype=np.float64), new_s)


def _shaped(speech: Vocoded) -> Vocoded:
    """With the usual balance of high and low frequencies."""
    hertz = np.linspace(0, speech.sample_rate / 2, speech.envelope.shape[1])
    power = speech.envelope[speech.voiced]
    if not len(power):
        return speech
    high = power[:, (hertz >= 1000) & (hertz < 5000)].sum(axis=1)
    low = power[:, (hertz >= 50) & (hertz < 1000)].sum(axis=1)
    alpha_db = float(np.median(10 * np.log10(np.maximum(high, 1e-16) / np.maximum(low, 1e-16))))
    return speech.with_gain_db(
        shelf(speech, float(np.clip(ALPHA_DB - alpha_db, -MAX_SHELF_DB, MAX_SHELF_DB)))
    )


def _evened(speech: Vocoded) -> Vocoded:
    """Vowels at nearly one level: no word is louder, and the end is not softer."""
    times_s = speech.times_s
    level = speech.level_db
    centres, levels = [], []
    for phone in speech.phones:
        inside = (times_s >= phone.start_s) & (times_s < phone.end_s)
        if phone.symbol in VOWELS and inside.any():
            centres.append((phone.start_s + phone.end_s) / 2)
            levels.append(float(np.percentile(level[inside], 80)))
    if not centres:
        return speech
    usual = float(np.median(levels))
    wanted = np.clip((usual - np.array(levels)) * EVENED, -MAX_GAIN_DB, MAX_GAIN_DB)
    gain = np.interp(times_s, centres, wanted)
    gain -= np.maximum(0.0, level + gain - usual - LOUDEST_DB)
    return speech.with_gain_db((gain + LEVEL_DB - usual)[:, None])


def _pitched(speech: Vocoded, pitch_hz: float) -> Vocoded:
    """At a voice's pitch, with a usual range and slope and without a marked end."""
    times_s = speech.times_s[speech.voiced]
    if len(times_s) < 10:
        return speech
    semitones = speech.semitones - np.median(speech.semitones)
    semitones = np.clip(_smoothed(times_s, semitones), -MAX_EXCURSION_ST, MAX_EXCURSION_ST)
    middle_s, length_s = times_s.mean(), max(times_s[-1] - times_s[0], FRAME_S)
    ending = speech.ending
    for _ in range(3):  # Each of the three moves the others a little.
        slope, spread, final = pitch_statistics(times_s, semitones, ending)
        semitones = semitones + (FINAL_ST - final) * ending
        semitones = semitones + (TREND_ST / length_s - slope) * (times_s - middle_s)
        semitones = semitones * float(np.clip(RANGE_ST / max(spread, 0.5), 0.4, 2.5))
        semitones = semitones - np.median(semitones)
    return speech.with_semitones(semitones + 12 * np.log2(pitch_hz / 100))


def _smoothed(times_s: Floats, values: Floats) -> Floats:
    """Mean over 45 ms, within each stretch of voice."""
    half = round(SMOOTH_S / FRAME_S / 2)
    smooth = values.copy()
    for part in np.split(
        np.arange(len(values)), np.flatnonzero(np.diff(times_s) > 1.5 * FRAME_S) + 1
    ):
        padded = np.pad(values[part], half, mode="edge")
        smooth[part] = np.convolve(padded, np.ones(2 * half + 1) / (2 * half + 1), mode="valid")
    return smooth
