"""The offline annotator: varied prose from measured cues, and nothing that was not measured."""

from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from xemogpt.emocue.annotators import prose_frames as frames
from xemogpt.emocue.annotators.base import Described, Description, Fusion, Shown
from xemogpt.emocue.annotators.guidance import guide
from xemogpt.emocue.annotators.prose_conclusions import Conclusion, conclude
from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_facts import Fact, facts_of
from xemogpt.emocue.annotators.prose_plans import ORDERS, laid_out, ordered, told
from xemogpt.emocue.annotators.prose_quote import quoted
from xemogpt.emocue.annotators.prose_sentences import Teller
from xemogpt.emocue.records import EmoCueRecord, Step
from xemogpt.schema import Cue, CueSet
from xemogpt.signals.compose import ABSENT

WORDS_SHARE = 0.8
"""Of the explanations with a transcript, those that quote it."""
_LACKS = {"visual": ("no-video", "no-face"), "auditory": ("no-sound", "silence", "no-speech")}


class TemplateAnnotator:
    """Writes from the record alone: the media are not opened, no model takes part.

    Every statement is a measured cue (or the label, called so); order, overlap and times are
    those of the measurement. The seed draws plan, sentence frames and words.
    """

    name = "template"

    def describe(self, shown: Shown, modality: Described) -> Description:
        """What one modality shows; empty if nothing was measured in it."""
        draw = Draw(shown.seed, 1 if modality == "visual" else 2)
        facts = [fact for fact in facts_of(shown.record.measured) if fact.modality == modality]
        if not facts:
            return Description(text=_absence(shown.record, modality))
        teller = Teller(draw, shown.record.duration_s)
        order = draw.pick("time", "time", "parts", "strength", "length")
        text = laid_out(told(ordered(facts, order, draw), teller, order), "paragraph", draw)
        return Description(text=text, cues=_statements(teller))

    def fuse(self, shown: Shown) -> Fusion:
        """The explanation: what is seen, heard and said, and the emotion that is expressed."""
        record = shown.record
        draw = Draw(shown.seed, 3)
        guidance = guide(record)
        facts = facts_of(record.measured)
        words = quoted(record.transcript, draw) if draw.chance(WORDS_SHARE) else ""
        ends = bool(facts) and draw.chance(0.75)
        conclusion = conclude(guidance, draw, is_last=ends)
        if facts and draw.chance(0.1):
            text, teller = _sections(record, facts, words, conclusion, draw)
        else:
            text, teller = _text(record, facts, words, conclusion, ends, draw)
        statements = _statements(teller)
        cues = CueSet(statements.visual, statements.auditory, conclusion.cues)
        return Fusion(text=text, cues=cues, emotions=conclusion.emotions, flags=guidance.flags)

    def provenance(self, task: Literal["describe", "fuse"]) -> Step:
        """Which code wrote."""
        try:
            number = version("xemogpt")
        except PackageNotFoundError:
            number = "unknown"
        return Step(tool=f"template/{task}", version=number)


def _text(
    record: EmoCueRecord,
    facts: tuple[Fact, ...],
    words: str,
    conclusion: Conclusion,
    ends: bool,
    draw: Draw,
) -> tuple[str, Teller]:
    """One text in any order and layout."""
    layout = draw.pick(*["paragraph"] * 8, "lines", "list")
    teller = Teller(draw, record.duration_s, announces=draw.chance(0.12))
    order = draw.one_of(ORDERS)
    sentences = told(ordered(facts, order, draw), teller, order)
    body = laid_out(sentences, layout, draw)
    if not facts:
        lacks = (_absence(record, "visual"), _absence(record, "auditory"))
        body = " ".join(sentence for sentence in lacks if sentence)
    first = [draw.one_of(frames.INTROS)] if facts and draw.chance(0.1) else []
    last = [conclusion.text] if ends else []
    if not ends:
        first.append(conclusion.text)
    if words:
        place = draw.pick(first, last)
        place.insert(draw.between(0, len(place)), words)
    joint = "\n" if layout != "paragraph" else " "
    return joint.join(part for part in (" ".join(first), body, " ".join(last)) if part), teller


def _sections(
    record: EmoCueRecord,
    facts: tuple[Fact, ...],
    words: str,
    conclusion: Conclusion,
    draw: Draw,
) -> tuple[str, Teller]:
    """A labelled paragraph for each modality."""
    teller = Teller(draw, record.duration_s, announces=True)
    lines = []
    for modality, labels in (("visual", frames.SEEN_LABELS), ("auditory", frames.HEARD_LABELS)):
        own = [fact for fact in facts if fact.modality == modality]
        if own:
            body = " ".join(told(ordered(own, "time", draw), teller, "parts"))
            lines.append((draw.one_of(labels), body))
    if words:
        lines.append(("", words))
    lines.append((draw.one_of(frames.END_LABELS), conclusion.text))
    mark = draw.pick("{}: {}", "**{}**: {}", "- {}: {}")
    text = "\n".join(mark.format(label, body) if label else body for label, body in lines)
    return text, teller


def _statements(teller: Teller) -> CueSet:
    """What was told, in the words of the text, in the order of time."""
    by_modality: dict[str, list[Cue]] = {"visual": [], "auditory": []}
    for fact, words in teller.told:
        by_modality[fact.modality] += fact.statements(words)
    visual, auditory = (
        sorted(cues, key=lambda cue: cue.start_s or 0.0) for cues in by_modality.values()
    )
    return CueSet(visual, auditory)


def _absence(record: EmoCueRecord, modality: Described) -> str:
    """What is plainly not there, as the detectors warned."""
    codes = {flag.partition(":")[0] for flag in record.flags}
    return next((ABSENT[code] for code in _LACKS[modality] if code in codes), "")
