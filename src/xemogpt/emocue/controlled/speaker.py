"""Speaking a script, and the casting of voices, sentences and edits that scripts are drawn from."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from xemogpt.emocue.controlled.casting import Sentiment
from xemogpt.emocue.controlled.edits import EDITS_FOR, edited, require_places, with_pauses
from xemogpt.emocue.controlled.levelling import levelled
from xemogpt.emocue.controlled.script import Script
from xemogpt.emocue.controlled.sentences import draw_sentence
from xemogpt.emocue.controlled.speech import Phone, Speech
from xemogpt.emocue.controlled.synthesis import SAMPLE_RATE, Synthesiser
from xemogpt.emocue.controlled.vocoder import Vocoded, analyse, synthesise
from xemogpt.emocue.controlled.voices import VOICES_BY_SPLIT, voice_named
from xemogpt.emocue.records import Split
from xemogpt.errors import UnknownNameError
from xemogpt.schema import Word

KEPT = 4
"""Plain readings kept: scripts come in pairs of one voice and sentence."""


class Speaker:
    """Speaks scripts. The same script gives the same samples. Not thread-safe."""

    def __init__(self, synthesiser: Synthesiser) -> None:
        self._synthesiser = synthesiser
        self._readings: OrderedDict[tuple[str, str], Vocoded] = OrderedDict()

    @classmethod
    def load(cls) -> "Speaker":
        """With the pulled voices.

        Raises:
            WeightsError: if they are not there.
        """
        return cls(Synthesiser())

    def speak(self, script: Script) -> Speech:
        """The sound of a clip: lead, speech as edited, tail. Noise is added where clips are made.

        Raises:
            MediaError: if a pause is after a word that is not there.
            MissingDependencyError: if pyworld is not installed.
            UnknownNameError: if the voice, or a word of the sentence, is not known.
        """
        reading = self.reading(script.sentence, script.voice)
        require_places(script.edit, reading.words)
        speech = edited(reading, script.edit)
        waveform, words, phones = with_pauses(
            synthesise(speech), SAMPLE_RATE, speech.words, speech.phones, script.edit.pauses
        )
        ends = (round(script.lead_s * SAMPLE_RATE), round(script.tail_s * SAMPLE_RATE))
        return Speech(
            np.pad(waveform, ends),
            SAMPLE_RATE,
            tuple(_later_word(word, script.lead_s) for word in words),
            tuple(_later(phone, script.lead_s) for phone in phones),
        )

    def reading(self, sentence: str, voice: str) -> Vocoded:
        """A plain reading, without lead and edit."""
        key = (sentence, voice)
        if key not in self._readings:
            known = voice_named(voice)
            take = self._synthesiser.take(sentence, known)
            speech = analyse(take.waveform, SAMPLE_RATE, take.words, take.phones)
            self._readings[key] = levelled(speech, known)
            if len(self._readings) > KEPT:
                self._readings.popitem(last=False)
        self._readings.move_to_end(key)
        return self._readings[key]


class Repertoire:
    """Our voices, sentences and edits, as a ``Casting``; needs no weights."""

    def voices(self, split: Split) -> Sequence[str]:
        """Voices of a split; no voice is in two."""
        return VOICES_BY_SPLIT[split]

    def sentence(self, rng: np.random.Generator, sentiment: Sentiment, split: Split) -> str:
        """A sentence whose wording has that sentiment; no sentence is in two splits."""
        return draw_sentence(rng, sentiment, split)

    def edit(self, kind: str) -> Mapping[str, object]:
        """Fields of ``VoiceEdit`` that make an auditory kind heard.

        Raises:
            UnknownNameError: if no edit makes that kind.
        """
        if kind not in EDITS_FOR:
            raise UnknownNameError(f"no edit makes {kind!r}; expected one of {sorted(EDITS_FOR)}")
        return EDITS_FOR[kind]


def _later(phone: Phone, by_s: float) -> Phone:
    return replace(
        phone, start_s=round(phone.start_s + by_s, 4), end_s=round(phone.end_s + by_s, 4)
    )


def _later_word(word: Word, by_s: float) -> Word:
    return word.model_copy(
        update={"start_s": round(word.start_s + by_s, 4), "end_s": round(word.end_s + by_s, 4)}
    )
