"""Scripts: the same from run to run, apart between splits, and without shortcuts."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from tests.emocue.controlled.casting import plain_plan as plan

from xemogpt.emocue.controlled.emotions import (
    ASKABLE_AUDITORY,
    ASKABLE_VISUAL,
    FACE_VOTES,
    VOICE_VOTES,
    can_sound_together,
    has_pattern,
    reading,
)
from xemogpt.emocue.controlled.plan import MAX_S, MIN_S, NUM_WORDS, TAIL_S, planned_s, split_of
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.controlled.temporal import GROUPS, QUIET
from xemogpt.errors import ConfigError
from xemogpt.signals.vocabulary import KINDS

Kinds = Callable[[Script], Sequence[str]]
CONGRUENT = ("clear", "hard", "temporal")


def seen(script: Script) -> list[str]:
    return [beat.kind for beat in script.beats]


def heard(script: Script) -> list[str]:
    return list(script.asked_auditory)


def both(script: Script) -> list[str]:
    return [*seen(script), *heard(script)]


def words(script: Script) -> list[str]:
    return script.sentence.lower().split()


@pytest.fixture(scope="module")
def train() -> list[Script]:
    return list(plan(1200, 5, "train"))


@pytest.fixture(scope="module")
def test() -> list[Script]:
    return list(plan(400, 5, "test"))


def bayes_accuracy(train: Sequence[Script], test: Sequence[Script], kinds: Kinds) -> float:
    """Accuracy of a naive Bayes classifier of the emotion that sees only these kinds."""
    names = sorted({kind for script in train for kind in kinds(script)})
    emotions = sorted({script.emotion for script in train})

    def table(scripts: Sequence[Script]) -> np.ndarray:
        return np.array([[name in set(kinds(s)) for name in names] for s in scripts], float)

    known, asked = table(train), table(test)
    labels = np.array([script.emotion for script in train])
    scores = []
    for emotion in emotions:
        rows = known[labels == emotion]
        share = (rows.sum(0) + 1) / (len(rows) + 2)
        fits = asked @ np.log(share) + (1 - asked) @ np.log(1 - share)
        scores.append(np.log(len(rows) / len(known)) + fits)
    found = np.array(emotions)[np.argmax(scores, 0)]
    return float(np.mean(found == np.array([script.emotion for script in test])))


def test_script_depends_on_its_number_alone() -> None:
    again = list(plan(12, 5, "train"))
    assert [s.model_dump_json() for s in plan(24, 5, "train")][:12] == [
        s.model_dump_json() for s in again
    ]
    assert next(plan(1, 6, "train")) != again[0]
    alone = list(plan(3, 5, "train", "hard"))
    assert alone == [s for s in again if s.scenario == "hard"]
    assert len({s.id for s in again}) == 12


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(ConfigError, match="0 or more"):
        plan(-1, 0)
    with pytest.raises(ConfigError, match="scenario one of"):
        plan(1, 0, "train", "easy")  # type: ignore[arg-type]


def test_splits_share_nothing(train: list[Script], test: list[Script]) -> None:
    validation = list(plan(100, 5, "validation"))
    for one, other in pairwise((train, test, validation, train)):
        for what in (
            lambda s: s.look.identity,
            lambda s: s.voice,
            lambda s: s.sentence,
            lambda s: frozenset(both(s)),
        ):
            assert not {what(s) for s in one} & {what(s) for s in other}
    assert all(split_of(both(s)) == "test" for s in test)


def test_every_askable_kind_comes_often(test: list[Script]) -> None:
    held_out = [*test, *plan(400, 8, "test")]
    counts = Counter(kind for script in held_out for kind in both(script))
    assert set(counts) == {*ASKABLE_VISUAL, *ASKABLE_AUDITORY} <= set(KINDS)
    assert len(ASKABLE_VISUAL) >= 18
    assert len(ASKABLE_AUDITORY) >= 14
    assert min(counts.values()) >= 45, counts.most_common()[-5:]


def test_beats_have_room(train: list[Script]) -> None:
    for script in train:
        num_words = len(script.sentence.split())
        assert NUM_WORDS[0] <= num_words <= NUM_WORDS[1]
        spoken_s = planned_s(num_words, script.edit, script.lead_s)
        length_s = spoken_s + script.tail_s - TAIL_S
        assert MIN_S - 0.01 <= length_s <= MAX_S
        for beat in script.beats:
            assert 0.2 <= beat.onset_s < beat.apex_s <= beat.release_s < beat.offset_s
            assert beat.offset_s <= length_s - 0.19
            if beat.kind in QUIET:
                assert beat.offset_s <= script.lead_s
        for group in GROUPS:
            spans = sorted((b.onset_s, b.offset_s) for b in script.beats if b.kind in group)
            if "order-of-face" not in script.tags:
                assert all(one[1] <= two[0] for one, two in pairwise(spans))
        assert can_sound_together(script.asked_auditory)


def test_face_and_voice_decide_together(train: list[Script]) -> None:
    for script in train:
        if script.scenario in CONGRUENT:
            ordered = seen(script)
            if "order-of-face" not in script.tags:
                assert not has_pattern(seen(script), heard(script))
            assert reading(ordered, heard(script)) == script.emotion
            assert script.face_emotion == script.voice_emotion == script.emotion
        else:
            assert script.face_emotion != script.voice_emotion
            assert has_pattern((), heard(script))
            strong_or_weak = sum(bool(VOICE_VOTES[kind]) for kind in heard(script))
            if "masked" in script.tags or strong_or_weak == 3:
                assert script.emotion == script.voice_emotion
            else:
                assert script.emotion == script.face_emotion


def test_no_single_cue_or_modality_gives_the_emotion_away(
    train: list[Script], test: list[Script]
) -> None:
    together = bayes_accuracy(train, test, both)
    assert together > 0.62
    assert bayes_accuracy(train, test, seen) < together - 0.15
    assert bayes_accuracy(train, test, heard) < together - 0.15
    clear = [[s for s in part if s.scenario in ("clear", "hard")] for part in (train, test)]
    assert bayes_accuracy(clear[0], clear[1], both) > 0.9
    for kinds in (seen, heard):
        assert bayes_accuracy(clear[0], clear[1], kinds) < 0.62
    odd = [[s for s in part if s.scenario == "incongruent"] for part in (train, test)]
    for kinds in (seen, heard):
        assert bayes_accuracy(odd[0], odd[1], kinds) < 0.8
    for kind in (*FACE_VOTES, *VOICE_VOTES):
        emotions = Counter(s.emotion for s in clear[0] if kind in both(s))
        assert max(emotions.values()) < 0.7 * emotions.total(), (kind, emotions)


def test_wording_says_nothing_of_the_emotion(train: list[Script], test: list[Script]) -> None:
    assert bayes_accuracy(train, test, words) < 0.3
    agree = Counter((s.sentiment, s.emotion in ("happy", "surprised")) for s in train)
    shares = [agree[name, True] / (agree[name, True] + agree[name, False])
              for name in ("positive", "negative", "neutral")]  # fmt: skip
    assert max(shares) - min(shares) < 0.12


def test_order_alone_tells_temporal_pairs_apart(train: list[Script]) -> None:
    temporal = [s for s in train if s.scenario == "temporal"]
    for one, two in zip(temporal[::2], temporal[1::2], strict=True):
        assert one.emotion != two.emotion
        assert (one.look, one.voice, one.sentence) == (two.look, two.voice, two.sentence)
        if "order-of-face" in one.tags:
            assert sorted(seen(one)) == sorted(seen(two))
            assert one.edit == two.edit
            first, last = one.tags[0].split("-then-")
            assert two.tags[0] == f"{last}-then-{first}"
            assert seen(one).index(first) < seen(one).index(last)
        else:
            assert one.beats == two.beats
            assert one.edit != two.edit


def test_hard_clips_say_how(train: list[Script]) -> None:
    hard = [s for s in train if s.scenario == "hard"]
    counts = Counter(tag for s in hard for tag in s.tags)
    assert set(counts) == {
        "dark", "side-pose", "small-face", "noise", "occlusion", "sound-noise"
    }  # fmt: skip
    assert all(1 <= len(s.tags) <= 2 for s in hard)
    assert all((s.sound_noise_db is not None) == ("sound-noise" in s.tags) for s in train)
