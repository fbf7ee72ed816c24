"""Contradiction between cues: pairs that oppose each other, and pairs that only look so."""

import pytest

from xemogpt.metrics.polarity import contradicts, stem

OPPOSITE = """She does not smile.|She smiles.
The pitch rises.|The pitch falls.
She raises her eyebrows.|She lowers her eyebrows.
Her eyebrows are raised.|Her eyebrows are lowered.
He speaks loudly.|He speaks softly.
Loud voice.|A quiet voice.
She talks fast.|She talks slowly.
The speech is rapid.|The speech is slow.
Her pitch is high.|Her pitch is low.
A high-pitched voice.|A low-pitched voice.
Her eyes are open.|Her eyes are closed.
His mouth is open.|His mouth is closed.
He is happy.|He is sad.
She feels optimistic.|She feels pessimistic.
She is joyful.|She is not happy.
She speaks without smiling.|She smiles while speaking.
He no longer frowns.|He frowns.
She is not unhappy.|She is unhappy.
She hardly smiles.|She smiles broadly.
She stops smiling.|She smiles.
She never blinks.|She blinks.
There is no smile on her face.|She has a smile on her face.
He doesn't nod.|He nods.
He doesn’t nod.|He nods.
His voice doesn't tremble.|His voice trembles.
The voice is steady.|The voice trembles.
The volume increases.|The volume decreases.
The corners of the mouth are turned up.|The corners of the mouth are turned down.
The tone is calm.|The tone is agitated.
She is relaxed.|She is tense.
She nods her head.|She shakes her head.
He looks at the camera.|He looks away from the camera.
He looks at the camera.|He does not look at the camera.
Her eyes widen.|Her eyes narrow.
A flat, monotone voice.|An expressive voice.
She lacks confidence.|She is confident.
He is unable to speak.|He is able to speak.
Neither smiles nor frowns.|She smiles.
There is an absence of tears.|Tears are on her face.
She is anything but calm.|She is calm.
He fails to smile.|He smiles.
She isn't angry.|She is angry.
He is far from happy.|He is joyful.
She refuses to look at him.|She looks at him.
The speaker is cheerful.|The speaker is gloomy.
His tone is warm.|His tone is cold.
She lifts her head.|She drops her head.
The speech accelerates.|The speech slows down.
She whispers.|She shouts.
He is frowning.|He is smiling.
She grins.|She does not smile.
She is hopeful.|She is hopeless.
He is certain.|He is uncertain.
She laughs.|She sobs.
She wasn't crying.|She was crying.
No laughter is heard.|Laughter is heard.
He didn't raise his voice.|He raised his voice.""".splitlines()
COMPATIBLE = """She smiles.|She is smiling broadly.
She not only smiles but laughs.|She smiles.
The pitch rises.|The eyebrows fall.
She stopped smiling.|She no longer smiles.
She does not frown.|She does not smile.
She is not unhappy.|She is happy.
She cannot help but smile.|She smiles.
She can't stop laughing.|She laughs.
She never stops smiling.|She smiles.
She is not without joy.|She is joyful.
No doubt she is happy.|She is happy.
She does not look at the man.|She smiles at the man.
The pitch rises, then falls.|The pitch rises.
She nods quickly.|She nods.
He looks down.|His pitch is high.
She is happy.|She is delighted.
Her soft smile widens.|She speaks loudly.
She does not smile.|She is not smiling.
She is worried but hopeful.|She is worried.
Her voice is loud.|The volume is high.
She is sad.|She cries.
He shakes hands.|He nods.
She smiles without showing her teeth.|She smiles.
She speaks without hesitation.|She speaks.
Nothing but smiles.|She smiles.
She doesn't nod, she smiles.|She smiles.
Not angry but sad.|She is sad.
She lowers her head.|Her voice lowers.
He frowns and does not speak.|He frowns.
Her eyes are wide open.|Her eyes widen.
She is calm and speaks without raising her voice.|She is calm.
Her eyes are closed.|She closes her eyes.
Her mouth is open.|Her eyes are closed.
She raises her eyebrows.|Her eyebrows go up.
There is no sign of anger; she is calm.|She is calm.
She isn't sad, just tired.|She is tired.
She lacks confidence.|She is not confident.
She is not happy.|She is sad.
The tone is sad.|The tone is sorrowful.
She smiles through tears.|She cries.
👍|她笑了
|She smiles.""".splitlines()


@pytest.mark.parametrize("pair", OPPOSITE)
def test_opposite(pair: str) -> None:
    first, second = pair.split("|")
    assert contradicts(first, second)
    assert contradicts(second, first)


@pytest.mark.parametrize("pair", COMPATIBLE)
def test_compatible(pair: str) -> None:
    first, second = pair.split("|")
    assert not contradicts(first, second)
    assert not contradicts(second, first)


@pytest.mark.parametrize("pair", OPPOSITE + COMPATIBLE)
def test_no_cue_contradicts_itself(pair: str) -> None:
    for text in pair.split("|"):
        assert not contradicts(text, text)


def test_forms_of_a_word_share_a_stem() -> None:
    for forms in ("smile smiles smiled smiling", "raise raises raised raising", "nod nods nodding",
                  "cry cries cried crying", "worry worries worried",
                  "shout shouts shouted"):  # fmt: skip
        assert len({stem(form) for form in forms.split()}) == 1, forms


def test_a_text_of_a_megabyte_is_read_in_no_time() -> None:
    assert not contradicts("she smiles " * 100_000, "he nods")
