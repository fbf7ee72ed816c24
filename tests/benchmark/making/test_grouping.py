"""Groups of cues over annotators, types over clips, and what decisions make of them."""

import pytest

from xemogpt.benchmark.making.adjudication import Decision
from xemogpt.benchmark.making.agreement import agreement, num_types
from xemogpt.benchmark.making.chance import mixed_answers, with_chance
from xemogpt.benchmark.making.grouping import Group, group_cues
from xemogpt.benchmark.making.resolve import resolve
from xemogpt.errors import DatasetError
from xemogpt.metrics.emocue360 import EmoCue360
from xemogpt.schema import MODALITIES, Cue, CueSet


@pytest.fixture(scope="module")
def metric():
    return EmoCue360(encoder="tiny-text")


def said(*visual):
    return CueSet(visual=[cue if isinstance(cue, Cue) else Cue(text=cue) for cue in visual])


def who(groups):
    return sorted((group.first.text, *group.members) for group in groups)


def test_three_annotators_join_one_group(metric):
    groups = group_cues(
        {"c": {"ada": said("she smiles broadly"), "ben": said("he knits the brows"),
               "cyd": said("he knits the brows", "she smiles broadly")}},
        metric,
    )  # fmt: skip
    assert who(groups) == [
        ("he knits the brows", "ben", "cyd"), ("she smiles broadly", "ada", "cyd"),
    ]  # fmt: skip
    assert groups[0].annotators == ("ada", "ben", "cyd")
    found = agreement(groups, {"c": ("ada", "ben", "cyd")}, {"c": MODALITIES}, metric)["visual"]
    # Shared pairs: 2, one in each group; cues: 4, each in 2 of the 3 pairs of annotators.
    assert found.f1.value == pytest.approx(2 * 2 / (4 * 2))


def test_opposites_do_not_match(metric):
    groups = group_cues(
        {"c": {"ada": said("she smiles"), "ben": said("she does not smile")}}, metric
    )
    assert who(groups) == [("she does not smile", "ben"), ("she smiles", "ada")]


def test_repetitions_count_once_and_keep_their_times(metric):
    first = Cue(text="she blinks", start_s=0, end_s=1)
    again = Cue(text="She blinks.", start_s=4, end_s=5)
    groups = group_cues({"c": {"ada": said(first, again), "ben": said("she blinks")}}, metric)
    assert who(groups) == [("she blinks", "ada", "ben")]
    cues, flags = resolve(groups, {})
    assert [(cue.text, cue.start_s) for cue in cues["c"]["visual"]] == [
        ("she blinks", 0), ("She blinks.", 4),
    ]  # fmt: skip
    assert not flags


def test_quotations_are_no_cues_but_are_shown(metric):
    quote = "The subtitle says 'I am fine'"
    groups = group_cues(
        {"c": {"ada": said("she smiles", quote), "ben": said("she smiles")}}, metric
    )
    assert [group.counts for group in groups] == [True, False]
    found = agreement(groups, {"c": ("ada", "ben")}, {"c": MODALITIES}, metric)["visual"]
    assert found.num_cues == {"ada": 1, "ben": 1}
    assert found.f1.value == 1


def test_types_hold_across_clips_but_not_within_one(metric):
    groups = group_cues(
        {"c": {"ada": said("she smiles"), "ben": said("she smiles")},
         "d": {"ada": said("she smiles"), "ben": said("the brows are knit")}},
        metric,
    )  # fmt: skip
    assert len(groups) == 3
    assert num_types(groups, "visual", metric) == 2
    twins = [group.model_copy(update={"id": "c", "key": str(n)}) for n, group in enumerate(groups)]
    assert num_types(twins, "visual", metric) == 3


def test_perfect_agreement_is_one(metric):
    texts = ["she smiles", "he frowns deeply", "the head tilts"]
    stated = {str(n): {"ada": said(text), "ben": said(text)} for n, text in enumerate(texts)}
    teams = {key: ("ada", "ben") for key in stated}
    found = agreement(
        group_cues(stated, metric), teams, dict.fromkeys(stated, MODALITIES), metric
    )["visual"]  # fmt: skip
    assert (found.alpha.value, found.f1.value) == (1, 1)
    assert found.alpha_stated.value is None


def test_chance_agreement_is_near_zero(metric):
    """Two who name one of four cues at random, whatever the clip."""
    import numpy as np

    rng = np.random.default_rng(0)
    cues = ["she smiles", "he frowns deeply", "the head tilts", "tears run down both cheeks"]
    stated = {
        str(n): {name: said(cues[rng.integers(4)]) for name in ("ada", "ben")} for n in range(400)
    }
    teams = {key: ("ada", "ben") for key in stated}
    found = agreement(
        group_cues(stated, metric), teams, dict.fromkeys(stated, MODALITIES), metric
    )["visual"]  # fmt: skip
    assert found.num_types == 4
    assert found.alpha.low < 0 < found.alpha.high
    assert abs(found.alpha.value) < 0.1
    assert found.f1.value == pytest.approx(0.25, abs=0.06)


def test_chance_is_measured_on_cues_of_different_clips(metric):
    """Four clips with a cue of their own each: perfect agreement, and none by chance."""
    texts = ["she smiles", "he frowns deeply", "the head tilts", "tears run down both cheeks"]
    stated = {str(n): {"ada": said(text), "ben": said(text)} for n, text in enumerate(texts)}
    mixed = mixed_answers(stated, dict.fromkeys(stated, MODALITIES))
    assert all(by["ada"] == stated[key]["ada"] for key, by in mixed.items())
    assert all(by["ben"] != stated[key]["ben"] for key, by in mixed.items())
    assert sorted(by["ben"].visual[0].text for by in mixed.values()) == sorted(texts)
    teams, modalities_of = dict.fromkeys(stated, ("ada", "ben")), dict.fromkeys(stated, MODALITIES)
    found = agreement(group_cues(stated, metric), teams, modalities_of, metric)
    visual = with_chance(found, stated, modalities_of, metric)["visual"]
    assert (visual.f1.value, visual.f1_chance) == (1, 0)
    assert visual.alpha_chance < 0 < visual.alpha.value
    alone = {"0": stated["0"]}
    assert with_chance(found, alone, modalities_of, metric)["visual"].f1_chance is None


def test_chance_leaves_clips_without_a_modality_alone(metric):
    stated = {key: {"ada": said("she smiles"), "ben": said("he nods")} for key in "abc"}
    stated["silent"] = {name: CueSet(emotional=["calm"]) for name in ("ada", "ben")}
    modalities_of = {key: MODALITIES if key in "abc" else ("emotional",) for key in stated}
    teams = dict.fromkeys(stated, ("ada", "ben"))
    found = agreement(group_cues(stated, metric), teams, modalities_of, metric)
    visual = with_chance(found, stated, modalities_of, metric)["visual"]
    assert (visual.num_clips, visual.f1.value, visual.f1_chance) == (3, 0, 0)


def single(key, text, annotator="ada", start=None):
    times = {} if start is None else {"start_s": start, "end_s": start + 1}
    return Group(key=key, id="c", modality="visual", annotators=("ada", "ben"),
                 members={annotator: (Cue(text=text, **times),)})  # fmt: skip


def test_merging_keeps_one_of_each_ring_or_chain():
    groups = [single("1", "smiles"), single("2", "grins", "ben"), single("3", "beams")]
    ring = {"1": Decision("merge", "2"), "2": Decision("merge", "1"), "3": Decision("merge", "2")}
    assert [cue.text for cue in resolve(groups, ring)[0]["c"]["visual"]] == ["smiles"]
    chain = {"1": Decision("merge", "2"), "2": Decision("keep", "1"), "3": Decision("drop", "2")}
    assert [cue.text for cue in resolve(groups, chain)[0]["c"]["visual"]] == ["grins"]


def test_merging_with_a_dropped_cue_is_refused():
    groups = [single("1", "smiles"), single("2", "grins", "ben")]
    decisions = {"1": Decision("merge", "2"), "2": Decision("drop", "1")}
    with pytest.raises(DatasetError, match="'smiles' is merged with 'grins', which is dropped"):
        resolve(groups, decisions)


def test_times_apart_are_flagged_rather_than_averaged():
    group = single("1", "smiles", start=0)
    members = group.members | {"ben": (Cue(text="smiles", start_s=5, end_s=6),)}
    cues, flags = resolve([group.model_copy(update={"members": members})], {})
    assert [(cue.start_s, cue.end_s) for cue in cues["c"]["visual"]] == [(0, 1)]
    assert flags["c"][0].startswith("times-disagree: ")
