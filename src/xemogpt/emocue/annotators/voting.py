"""Several annotators as one: what at least half of them state is kept, with how many state it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal, TypeVar

from xemogpt.emocue.annotators.base import Annotator, Described, Description, Fusion, Shown
from xemogpt.emocue.annotators.merging import Group, Merger
from xemogpt.emocue.records import Step
from xemogpt.errors import AnnotatorError, ConfigError
from xemogpt.metrics.extraction.emotions import emotion_key
from xemogpt.metrics.extraction.endpoint import EndpointDown
from xemogpt.schema import MODALITIES, Cue, CueSet, Modality

if TYPE_CHECKING:
    from xemogpt.encoders.text import TextEncoder

KEEP_FROM = 0.5
"""Share of annotators from which a statement is kept; just this share is flagged."""
_NUM_SHOWN = 5
T = TypeVar("T", Description, Fusion)


class Voting:
    """Asks all at once and keeps what at least half of those who answer agree on.

    An annotator that fails on a clip has no vote on it, which a flag says; if all fail, so does
    the clip.

    Args:
        annotators: two or more; the first decides where there is nothing else to go by.
        encoder: of texts, by which statements are held against each other.

    Raises:
        ConfigError: if there are fewer than two, or one is given twice.
    """

    def __init__(
        self, annotators: Sequence[Annotator], encoder: "TextEncoder | str" = "minilm"
    ) -> None:
        names = [annotator.name for annotator in annotators]
        if len(names) < 2 or len(set(names)) < len(names):
            raise ConfigError(f"voting needs two or more different annotators, got {names}")
        self.annotators = tuple(annotators)
        self.name = f"voting({'; '.join(names)})"
        self._merger = Merger(encoder)

    @property
    def usage(self) -> tuple[int, int]:
        """Tokens sent and received by all of them."""
        each = [getattr(annotator, "usage", (0, 0)) for annotator in self.annotators]
        return sum(sent for sent, _ in each), sum(received for _, received in each)

    def close(self) -> None:
        """Close those that hold connections."""
        for annotator in self.annotators:
            close = getattr(annotator, "close", None)
            if close is not None:
                close()

    def describe(self, shown: Shown, modality: Described) -> Description:
        """What at least half of the annotators see or hear, in the words of the most typical.

        Raises:
            MediaError: if the clip cannot be decoded.
            EndpointDown: if the endpoint of one of them is down.
            AnnotatorError: if none of them gives a usable answer.
        """
        answers, flags = self._ask(lambda annotator: annotator.describe(shown, modality))
        flags += self._flags(answers)
        said = {index: answer for index, answer in answers.items() if answer.text}
        if not said:
            return Description(text="", flags=_once(flags))
        cues, typical, split = self._vote(modality, {i: a.cues for i, a in said.items()})
        text = said[max(said, key=lambda index: typical[index])].text  # the first of equals
        voted = CueSet(**{modality: cues})
        return Description(text=text, cues=voted, flags=_once(flags + split))

    def fuse(self, shown: Shown) -> Fusion:
        """An explanation whose main emotion most annotators name, the first one's if they can.

        Statements that fewer than half of the annotators make stay in the text, but are no cues;
        a flag names them.

        Raises:
            EndpointDown: if the endpoint of one of them is down.
            AnnotatorError: if none of them gives a usable answer.
        """
        answers, flags = self._ask(lambda annotator: annotator.fuse(shown))
        emotions, split = _vote_on_emotions(list(answers.values()))
        chosen = next(
            (i for i, a in answers.items() if _main(a.emotions) == _main(emotions)),
            next(iter(answers)),
        )
        kept: dict[str, tuple[Cue, ...]] = {}
        flags += self._flags(answers) + split
        for modality in MODALITIES:
            stated = {index: answer.cues.of(modality) for index, answer in answers.items()}
            groups = self._merger.groups(modality, stated)
            own = [group for group in groups if chosen in group.stated]
            kept[modality], tied, few = _sort(own, len(answers), chosen)
            flags += _split_flag(tied)
            if few:
                flags.append(f"annotators-alone: few others state {_list(few)}")
        return Fusion(
            text=answers[chosen].text,
            cues=CueSet(**kept),
            emotions=emotions,
            flags=_once(flags),
        )

    def provenance(self, task: Literal["describe", "fuse"]) -> Step:
        """All of them: their models, and a hash over the hashes of their prompts."""
        steps = [annotator.provenance(task) for annotator in self.annotators]
        models = [step.model or f"{step.tool} {step.version}" for step in steps]
        hashes = [step.prompt_sha256 or "" for step in steps]
        return Step(
            tool="voting",
            version=version("xemogpt"),
            model="; ".join(models),
            prompt_sha256=hashlib.sha256("\n".join(hashes).encode()).hexdigest(),
        )

    def _ask(self, ask: Callable[[Annotator], T]) -> tuple[dict[int, T], list[str]]:
        """Answers by the index of the annotator, and flags of those that gave none."""
        with ThreadPoolExecutor(len(self.annotators)) as pool:
            running = [pool.submit(ask, annotator) for annotator in self.annotators]
        answers: dict[int, T] = {}
        problems = []
        for index, (annotator, future) in enumerate(zip(self.annotators, running, strict=True)):
            try:
                answers[index] = future.result()
            except EndpointDown:
                raise
            except AnnotatorError as error:
                problems.append(f"annotator-failed: {annotator.name}: {str(error)[:300]}")
        if not answers:
            raise AnnotatorError("; ".join(problems))
        return answers, problems

    def _flags(self, answers: Mapping[int, Description | Fusion]) -> list[str]:
        """What the annotators flag, and who does."""
        return [
            f"{flag} (annotator {self.annotators[index].name})"
            for index, answer in answers.items()
            for flag in answer.flags
        ]

    def _vote(
        self, modality: Modality, stated: dict[int, CueSet]
    ) -> tuple[tuple[Cue, ...], dict[int, float], list[str]]:
        """Kept statements, how close each annotator is to them (F1), and flags."""
        groups = self._merger.groups(modality, {i: cues.of(modality) for i, cues in stated.items()})
        kept, tied, _ = _sort(groups, len(stated))
        agreed = [group for group in groups if len(group.stated) >= KEEP_FROM * len(stated)]
        typical = {}
        for index in stated:
            hits = sum(index in group.stated for group in agreed)
            total = len(agreed) + sum(index in group.stated for group in groups)
            typical[index] = 2 * hits / total if total else 0.0
        return kept, typical, _split_flag(tied)


def _sort(
    groups: Sequence[Group], num_annotators: int, worded_by: int | None = None
) -> tuple[tuple[Cue, ...], list[str], list[str]]:
    """Kept cues in order of time; texts of those that just half state, and of those left out."""
    kept, tied, few = [], [], []
    for group in groups:
        cue = group.merged(num_annotators)
        if worded_by is not None:
            cue = cue.model_copy(update={"text": group.stated[worded_by].text})
        if len(group.stated) < KEEP_FROM * num_annotators:
            few.append(cue.text)
            continue
        if len(group.stated) == KEEP_FROM * num_annotators:
            tied.append(cue.text)
        kept.append(cue)
    kept.sort(key=lambda cue: (cue.start_s is None, cue.start_s or 0.0))
    return tuple(kept), tied, few


def _vote_on_emotions(answers: Sequence[Fusion]) -> tuple[tuple[str, ...], list[str]]:
    """Emotions that at least half name, those named by most and named first in front."""
    votes: dict[frozenset[str], list[int]] = {}
    words: dict[frozenset[str], str] = {}
    for answer in answers:
        seen: set[frozenset[str]] = set()
        for rank, word in enumerate(answer.emotions):
            key = emotion_key(word)
            if key not in seen:
                votes.setdefault(key, []).append(rank)
                words.setdefault(key, word)
            seen.add(key)
    order = sorted(votes, key=lambda key: (-len(votes[key]), sum(votes[key]) / len(votes[key])))
    kept = [key for key in order if len(votes[key]) >= KEEP_FROM * len(answers)]
    mains = {_main(answer.emotions) for answer in answers}
    flags = []
    if len(mains) > 1:
        named = [answer.emotions[0] if answer.emotions else "none" for answer in answers]
        flags.append(f"emotion-split: annotators name {', '.join(named)} as the main emotion")
    if not kept:
        return next((answer.emotions for answer in answers if answer.emotions), ()), flags
    return tuple(words[key] for key in kept), flags


def _main(emotions: Sequence[str]) -> frozenset[str]:
    return emotion_key(emotions[0]) if emotions else frozenset()


def _split_flag(tied: Sequence[str]) -> list[str]:
    return [f"annotators-split: half of the annotators state {_list(tied)}"] if tied else []


def _list(texts: Sequence[str]) -> str:
    shown = ", ".join(repr(text[:80]) for text in texts[:_NUM_SHOWN])
    more = len(texts) - _NUM_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _once(flags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flags))
