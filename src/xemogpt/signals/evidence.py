"""From a curve and a rule to cues: strength, spans, confidence and words."""

import numpy as np

from xemogpt.schema import Cue
from xemogpt.signals.timeline import Series, Span, find_spans, percentile, sample_step
from xemogpt.signals.vocabulary import KINDS, Rule, rule

STRENGTHS = (1.5, 2.3)
"""From these multiples of the threshold on the second and third phrase of a kind are used."""


def evidence(values: Series, limits: Rule, baseline: float, sign: float = 1.0) -> Series:
    """How many times over the threshold a curve is (T,): 1 is just there.

    Args:
        values: (T,) the curve.
        limits: its rule.
        baseline: what is usual in this clip; NaN if not known.
        sign: -1 if low values make the cue.

    >>> evidence(np.array([0.1, 0.4]), Rule("", rise=0.3, level=0.8), 0.1).round(2).tolist()
    [0.12, 1.0]
    """
    parts = [np.where(np.isnan(values), np.nan, 0.0)]
    if limits.rise is not None and not np.isnan(baseline):
        rise = sign * (values - baseline) / limits.rise
        if limits.least is not None:
            # Scaled, not cut off, so that the end of a cue is found on a slope.
            rise = np.minimum(rise, _ratio(values, limits.least, sign))
        parts.append(rise)
    if limits.level is not None:
        parts.append(_ratio(values, limits.level, sign))
    strongest: Series = np.maximum.reduce(parts)
    return strongest


def _ratio(values: Series, level: float, sign: float) -> Series:
    """Values over a level, or the level over the values where low ones count (T,)."""
    if sign > 0:
        return values / level
    return level / np.maximum(values, 1e-6)


def spans_of(times_s: Series, strength: Series, limits: Rule) -> list[Span]:
    """Where the evidence makes cues of this rule.

    In a clip shorter than the rule's least duration, what lasts throughout is a cue.
    """
    if len(times_s) == 0:
        return []
    total_s = float(times_s[-1] - times_s[0]) + sample_step(times_s)
    return find_spans(
        times_s,
        strength,
        enter=1.0,
        leave=limits.keep,
        min_duration_s=min(limits.min_s, total_s),
        merge_gap_s=limits.gap_s,
    )


def confidence_of(strength: float, limits: Rule, quality: float = 1.0) -> float:
    """Confidence from 0 to ``limits.trust``: 0.6 at the threshold, rising with the evidence.

    >>> confidence_of(1.0, Rule("")), confidence_of(9.0, Rule("", trust=0.8))
    (0.6, 0.76)
    """
    sure = min(0.95, 0.6 + 0.2 * max(0.0, strength - 1))
    return round(sure * limits.trust * quality, 3)


def measured_cue(
    kind: str,
    start_s: float,
    end_s: float,
    value: float,
    confidence: float,
    phrase: int = 0,
    **words: object,
) -> Cue:
    """A cue in the words of the vocabulary.

    >>> measured_cue("head-tilt", 0, 1, 12.0, 0.8, side="left").text
    'tilts the head to their left'
    """
    name = KINDS[kind]
    return Cue(
        text=name.phrases[min(phrase, len(name.phrases) - 1)].format(**words),
        kind=kind,
        start_s=round(max(0.0, float(start_s)), 3),
        end_s=round(max(0.0, float(end_s)), 3),
        value=round(float(value), 3),
        unit=name.rule.unit,
        confidence=round(float(np.clip(confidence, 0, 1)), 3),
        source="measured",
    )


def phrase_of(strength: float, num_phrases: int) -> int:
    """Which phrase fits the evidence: the stronger, the later."""
    index = sum(strength >= limit for limit in STRENGTHS)
    # With two phrases only the upper step matters.
    return index if num_phrases > 2 else max(0, index - 1)


def curve_cues(
    kind: str,
    times_s: Series,
    values: Series,
    baseline: float | None = None,
    sign: float = 1.0,
    quality: float = 1.0,
    **words: object,
) -> list[Cue]:
    """Cues of one kind where ``values`` meet its rule; the value of each is its extreme.

    Args:
        kind: name in the vocabulary.
        times_s: (T,) seconds.
        values: (T,); NaN where not measured.
        baseline: what is usual in this clip; by default the 20th percentile (80th if low counts).
        sign: -1 if low values make the cue.
        quality: factor on the confidence.
        words: what the phrase's placeholders stand for.
    """
    limits = rule(kind)
    if baseline is None:
        baseline = percentile(values, 20 if sign > 0 else 80)
    strength = evidence(values, limits, baseline, sign)
    cues = []
    for span in spans_of(times_s, strength, limits):
        part = values[span.first : span.last + 1]
        cues.append(
            measured_cue(
                kind,
                span.start_s,
                span.end_s,
                float(np.nanmax(part) if sign > 0 else np.nanmin(part)),
                confidence_of(span.peak, limits, quality),
                phrase_of(span.peak, len(KINDS[kind].phrases)),
                **words,
            )
        )
    return cues
