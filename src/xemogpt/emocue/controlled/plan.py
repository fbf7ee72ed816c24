"""Scripts of generated clips, drawn so that no shortcut leads to the answer.

Wording says nothing of face or voice; face and voice decide together (``emotions``); what is seen
and heard is half tendency, half distraction; and identities, voices, sentences and combinations
of cues belong to one split each.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from xemogpt.emocue.controlled.casting import Casting, Sentiment
from xemogpt.emocue.controlled.drafts import Draft, draw_drafts, emotions_of
from xemogpt.emocue.controlled.looks import draw_look
from xemogpt.emocue.controlled.script import Beat, Look, Pause, Scenario, Script, VoiceEdit
from xemogpt.emocue.controlled.temporal import (
    lead_for,
    place_beats,
    place_in_order,
    reversed_beats,
)
from xemogpt.emocue.records import Split
from xemogpt.errors import ConfigError

SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
SPLITS: tuple[Split, ...] = get_args(Split)
SENTIMENTS: tuple[Sentiment, ...] = get_args(Sentiment)
HARD = ("dark", "side-pose", "small-face", "noise", "occlusion", "sound-noise")
"""Conditions of the hard scenario; the first five are seen, the last is heard."""
WORDS_PER_S = 3.1
"""Of the voices without an edit; where planned lengths come from."""
NUM_WORDS = 7, 10
"""Of a sentence, whatever the edit: the number of words must not tell how fast they are spoken."""
MIN_S, MAX_S = 3.5, 7.9
"""Planned length of a clip; the spoken length decides."""
TAIL_S = 0.5
PAUSE_S = (0.55, 1.0)
SHARES: dict[Split, int] = {"train": 60, "validation": 15, "test": 25}
"""Percent of the combinations of cues that belong to each split."""
MAX_DRAWS = 5000
MAX_SENTENCES = 50


def plan(
    casting: Casting,
    num: int,
    seed: int,
    split: Split = "train",
    scenario: Scenario | None = None,
) -> Iterator[Script]:
    """Scripts, one after another; each depends on seed, split, scenario and its number alone.

    Args:
        casting: voices, sentences and edits to draw from.
        num: how many.
        seed: of everything that is drawn.
        split: whose identities, voices, sentences and combinations of cues are used.
        scenario: the only one; without, the four come in turn.

    Raises:
        ConfigError: if a number is negative or a name unknown.
    """
    if num < 0 or seed < 0:
        raise ConfigError(f"num and seed should be 0 or more, got {num} and {seed}")
    if split not in SPLITS or (scenario is not None and scenario not in SCENARIOS):
        raise ConfigError(
            f"split should be one of {', '.join(SPLITS)} and scenario one of "
            f"{', '.join(SCENARIOS)}, got {split!r} and {scenario!r}"
        )
    return _plan(casting, num, seed, split, scenario)


def _plan(
    casting: Casting, num: int, seed: int, split: Split, scenario: Scenario | None
) -> Iterator[Script]:
    for number in range(num):
        each = scenario or SCENARIOS[number % len(SCENARIOS)]
        index = number if scenario else number // len(SCENARIOS)
        yield script_at(casting, index, seed, split, each)


def script_at(casting: Casting, index: int, seed: int, split: Split, scenario: Scenario) -> Script:
    """The script of that number within its scenario."""
    at_once = index // 2 if scenario == "temporal" else index
    rng = np.random.default_rng([seed, SPLITS.index(split), SCENARIOS.index(scenario), at_once])
    for _ in range(MAX_DRAWS):
        scripts = _scripts(casting, _drafts(scenario, split, rng), split, scenario, rng)
        if scripts:
            script = scripts[index % len(scripts)]
            name = f"{split}-{seed}-{scenario}-{index:05d}"
            return script.model_copy(update={"id": name, "seed": int(rng.integers(2**31))})
    least, most = NUM_WORDS
    raise ConfigError(f"no sentence of {least} to {most} words was found for {split}")


def script_named(casting: Casting, name: str) -> Script:
    """The script with that id.

    Raises:
        ConfigError: if no plan gives such an id.
    """
    split, seed, scenario, index = (name.split("-") + [""] * 4)[:4]
    if split in SPLITS and scenario in SCENARIOS and seed.isdecimal() and index.isdecimal():
        found = script_at(casting, int(index), int(seed), split, scenario)
        if found.id == name:
            return found
    raise ConfigError(f"no script is named {name!r}; expected SPLIT-SEED-SCENARIO-INDEX")


def split_of(kinds: Iterable[str]) -> Split:
    """The split that a combination of cue kinds belongs to.

    >>> split_of(["smile", "fast-speech"]) == split_of(["fast-speech", "smile"])
    True
    """
    share = zlib.crc32("+".join(sorted(set(kinds))).encode()) % 100
    for split, percent in SHARES.items():
        if share < percent:
            return split
        share -= percent
    raise AssertionError("shares of the splits should add up to 100")


def _drafts(scenario: Scenario, split: Split, rng: np.random.Generator) -> tuple[Draft, ...]:
    """One draft, or two that differ in order alone, whose combinations are the split's."""
    emotions = emotions_of(scenario)
    emotion = emotions[int(rng.integers(len(emotions)))]
    for _ in range(MAX_DRAWS):
        drafts = draw_drafts(scenario, emotion, rng)
        if drafts and all(split_of((*d.visual, *d.auditory)) == split for d in drafts):
            return drafts
    raise ConfigError(f"no {scenario} combination of cues was found for {split} in {MAX_DRAWS}")


@dataclass(frozen=True)
class _Part:
    """What two scripts of a pair share."""

    look: Look
    voice: str
    sentence: str
    sentiment: Sentiment
    tags: tuple[str, ...]
    sound_noise_db: float | None


def _cast(casting: Casting, split: Split, scenario: Scenario, rng: np.random.Generator) -> _Part:
    """Who speaks, what is said, and under which conditions."""
    conditions: tuple[str, ...] = ()
    if scenario == "hard":
        drawn = rng.choice(HARD, size=int(rng.integers(1, 3)), replace=False)
        conditions = tuple(sorted(str(name) for name in drawn))
    sentiment = SENTIMENTS[int(rng.integers(len(SENTIMENTS)))]
    noise_db = round(float(rng.uniform(12, 20)), 1) if "sound-noise" in conditions else None
    return _Part(
        look=draw_look(rng, split, tuple(name for name in conditions if name != "sound-noise")),
        voice=str(rng.choice(list(casting.voices(split)))),
        sentence=casting.sentence(rng, sentiment, split),
        sentiment=sentiment,
        tags=conditions,
        sound_noise_db=noise_db,
    )


def _scripts(
    casting: Casting,
    drafts: tuple[Draft, ...],
    split: Split,
    scenario: Scenario,
    rng: np.random.Generator,
) -> list[Script]:
    """The drafts with one cast, one sentence and beats that fit it; none if none is of length."""
    lead_s = lead_for(drafts[0].visual)
    for _ in range(MAX_SENTENCES):
        cast = _cast(casting, split, scenario, rng)
        if NUM_WORDS[0] <= len(cast.sentence.split()) <= NUM_WORDS[1]:
            break
    else:
        return []
    pauses = _pause(cast.sentence, rng)
    edits = [_edit(casting, draft.auditory, pauses) for draft in drafts]
    if any(planned_s(NUM_WORDS[1], edit, lead_s) > MAX_S for edit in edits):
        return []
    lengths_s = [planned_s(len(cast.sentence.split()), edit, lead_s) for edit in edits]
    length_s = max(MIN_S, min(lengths_s))
    tail_s = round(TAIL_S + max(0.0, MIN_S - min(lengths_s)), 2)
    return [
        Script(
            id="unnamed",
            seed=0,
            split=split,
            scenario=scenario,
            tags=(*cast.tags, *draft.tags),
            emotion=draft.emotion,
            face_emotion=draft.face_emotion,
            voice_emotion=draft.voice_emotion,
            sentence=cast.sentence,
            sentiment=cast.sentiment,
            voice=cast.voice,
            look=cast.look,
            beats=beats,
            edit=edit,
            sound_noise_db=cast.sound_noise_db,
            asked_auditory=draft.auditory,
            lead_s=lead_s,
            tail_s=tail_s,
        )
        for draft, edit, beats in zip(
            drafts, edits, _beats(drafts, lead_s, length_s, rng), strict=True
        )
    ]


def _beats(
    drafts: tuple[Draft, ...], lead_s: float, length_s: float, rng: np.random.Generator
) -> list[tuple[Beat, ...]]:
    """Beats of each draft; those of a pair are one another in reverse, or equal."""
    first = drafts[0]
    if "order-of-face" in first.tags:
        beats = place_in_order(first.visual[:2], first.visual[2:], length_s, rng)
        return [beats, reversed_beats(beats, length_s)]
    return [place_beats(first.visual, lead_s, length_s, rng)] * len(drafts)


def planned_s(num_words: int, edit: VoiceEdit, lead_s: float) -> float:
    """Seconds the clip will last, nearly: the voice's own length is not known yet.

    >>> planned_s(7, VoiceEdit(rate=2.0), 0.4)
    2.03
    """
    spoken_s = num_words / WORDS_PER_S / edit.rate
    pauses_s = sum(pause.duration_s for pause in edit.pauses)
    return round(lead_s + spoken_s + pauses_s + TAIL_S, 2)


def _pause(sentence: str, rng: np.random.Generator) -> tuple[Pause, ...]:
    """A pause within the sentence, away from its ends."""
    after = int(rng.integers(1, max(2, len(sentence.split()) - 2)))
    return (Pause(after_word=after, duration_s=round(float(rng.uniform(*PAUSE_S)), 2)),)


def _edit(casting: Casting, kinds: tuple[str, ...], pauses: tuple[Pause, ...]) -> VoiceEdit:
    """The edits of all kinds together; kinds that set the same field add up or multiply."""
    fields: dict[str, object] = {}
    for kind in kinds:
        for name, value in casting.edit(kind).items():
            if name != "pauses":
                fields[name] = _combined(name, fields.get(name), value)
    if "pause" in kinds:
        fields["pauses"] = pauses
    return VoiceEdit.model_validate(fields)


def _combined(name: str, one: object, other: object) -> object:
    """Factors multiply; gains, shifts and trends keep the sum."""
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return other
    return one * other if name in ("rate", "pitch_range") else one + other
