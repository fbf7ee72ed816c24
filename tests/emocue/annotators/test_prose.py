"""The parts of the prose: grammar, bank, times, links."""

import pytest

from xemogpt.emocue.annotators.prose_bank import expand, keyed, load_bank
from xemogpt.emocue.annotators.prose_draw import Draw
from xemogpt.emocue.annotators.prose_face import FACE
from xemogpt.emocue.annotators.prose_facts import Fact, facts_of
from xemogpt.emocue.annotators.prose_links import coincide, follows, link, starts_later
from xemogpt.emocue.annotators.prose_moves import MOVES
from xemogpt.emocue.annotators.prose_sentences import is_singular, plural
from xemogpt.emocue.annotators.prose_times import Clock, in_words, place_of
from xemogpt.emocue.annotators.prose_voice import VOICE
from xemogpt.schema import Cue, CueSet
from xemogpt.signals.vocabulary import KINDS

GRAMMAR = {**FACE, **MOVES, **VOICE}


def fact(start_s: float, end_s: float, kind: str = "smile", text: str = "smiles") -> Fact:
    return Fact("visual", text, (Cue(text=text, kind=kind, start_s=start_s, end_s=end_s),))


def test_every_phrase_of_the_vocabulary_has_wordings() -> None:
    bank = load_bank()
    for kind in KINDS.values():
        if kind.name == "several-faces":
            continue
        for phrase in kind.phrases:
            key, _ = keyed(phrase.format(side="left", count="three"))
            assert key in bank, phrase
            wording = bank[key]
            assert len(wording.acts) + len(wording.states) + len(wording.things) >= 3, key


def test_the_bank_comes_from_the_grammar() -> None:
    for key, wording in load_bank().items():
        forms = set(GRAMMAR[key].forms())
        assert {*wording.acts, *wording.states, *wording.things} <= forms
        assert set(wording.plurals) <= {plural(form) for form in forms}


def test_hundreds_of_surface_forms() -> None:
    assert sum(len(set(wording.forms())) for wording in load_bank().values()) > 1500


def test_unknown_phrases_are_told_as_they_are() -> None:
    unknown = fact(0, 1, "wink", "winks at nobody")
    assert unknown.wording().acts == ("winks at nobody",)
    faces = fact(0, 1, "several-faces", "two faces are in the picture")
    assert faces.wording().states == ("two faces are in the picture",)


def test_grammar() -> None:
    assert expand("a [|wide ]smile") == ["a smile", "a wide smile"]
    assert keyed("turns the head to their right") == (
        "turns the head to their {side}",
        {"side": "right"},
    )


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("presses the lips", "press the lips"),
        ("varies the pitch", "vary the pitch"),
        ("is smiling", "are smiling"),
        ("closes the eyes", "close the eyes"),
        ("slightly raises the brows", "slightly raise the brows"),
    ],
)
def test_plural_verbs(verb: str, expected: str) -> None:
    assert plural(verb) == expected


def test_number_of_noun_phrases() -> None:
    assert is_singular("a broad smile")
    assert is_singular("monotonous speech")
    assert not is_singular("lowered eyebrows")


def test_what_is_told() -> None:
    def cue(kind: str, text: str, **more: object) -> Cue:
        return Cue.model_validate({"text": text, "kind": kind, "start_s": 0, "end_s": 1, **more})

    measured = CueSet(
        visual=[
            cue("face", "the face is visible"),
            cue("smile", "smiles", confidence=0.2),
            cue("blink", "blinks"),
            cue("blink", "blinks"),
            cue("several-faces", "2 faces are in the picture"),
        ],
        auditory=[cue("speech", "speaks"), cue("speech", "speaks")],
    )
    told = {each.phrase: len(each.cues) for each in facts_of(measured)}
    assert told == {"blinks twice": 2, "two faces are in the picture": 1, "speaks": 2}
    louder = CueSet(auditory=[*measured.auditory, cue("loud-burst", "raises the voice")])
    assert [each.phrase for each in facts_of(louder)] == ["raises the voice"]
    assert facts_of(None) == ()


def test_times_in_words_are_near() -> None:
    for tenths in range(1, 110):
        words = in_words(tenths / 10)
        if words == "a second":
            assert 0.8 <= tenths / 10 <= 1.2
        if words == "half a second":
            assert 0.4 <= tenths / 10 <= 0.6


def test_places_are_where_it_is() -> None:
    assert "early on" in place_of(0.1, 0.3)
    assert "halfway through" in place_of(0.4, 0.6)
    assert "in the second half" in place_of(0.55, 0.9)
    assert "for most of the clip" in place_of(0.1, 0.9)


def test_figures_are_those_of_the_cue() -> None:
    for seed in range(100):
        clock = Clock.drawn(Draw(seed), 10.0)
        text = f"{clock.in_front(fact(1.23, 4.56))} {clock.behind(fact(1.23, 4.56))}"
        figures = {
            word.strip("(),:;s–-") for word in text.replace("–", " ").replace("-", " ").split()
        }
        numbers = {word for word in figures if word.replace(".", "").isdigit()}
        assert numbers <= {"1.2", "1.23", "4.6", "4.56", "3.4", "3.33"}, text


def test_unknown_times_are_not_told() -> None:
    unknown = Fact("visual", "smiles", (Cue(text="smiles", kind="smile"),))
    clock = Clock.drawn(Draw(0), 5.0)
    assert (clock.in_front(unknown), clock.behind(unknown), clock.lasting(unknown)) == ("", "", "")
    assert link(unknown, fact(0, 1), Draw(0)) == ""


def test_relations_in_time() -> None:
    early, late, during = fact(0, 1), fact(2, 3), fact(0.2, 0.9)
    assert follows(early, late)
    assert not follows(late, early)
    assert coincide(early, during)
    assert not coincide(early, late)
    assert coincide(early, fact(0.5, 0.58))  # A blink during a smile.
    assert starts_later(early, during)
    assert not starts_later(during, early)
    assert link(late, early, Draw(1)) == ""
    for seed in range(50):
        assert "same" not in link(early, late, Draw(seed))
