"""Subtitle cues in any wording, and cues that only look like them."""

import pytest

from xemogpt.metrics.subtitle import is_subtitle_cue, quoted_words

SUBTITLE = """Subtitle: 'I told you so.'
Subtitle text: 'Get out!'
The text is 'I told you so.'
The text says 'Welcome home.'
Text: 'Yay!'
SUBTITLE TEXT 'Yay!'
[Subtitle] I am fine
Caption: Where are you going?
The subtitle reads "Where are you going?"
The subtitles say that he must leave.
The content of the subtitle is about a wedding.
According to the subtitle, she is leaving.
She says, “I don't know.”
He said "leave me alone".
The man asks: 'Is it you?'
"I told you so."
'I told you so.'
The spoken words are "come here".
The line is "Come here."
Transcript: come here
字幕：“我没事。”
字幕内容是“我没事”
「大丈夫です」
The woman replies 'No'.
In the subtitles, she thanks him.
The dialogue is: "Stop!" """.splitlines()
NOT_SUBTITLE = """The wall has a rough texture.
The vocal texture is hoarse.
In this context the tone is sarcastic.
She says 'no' in a trembling voice.
Her voice rises on the word "never".
He has a "poker" face.
She reads a text message on her phone.
She smiles.
The speaker's tone is calm.
She pretexts a headache.
It's the man's voice that's loud.
He doesn't smile and she doesn't either.
He holds a textbook.
The tone contradicts the subtitle.
He shouts "Stop!"
The line of her mouth is straight.
一位女士在微笑。""".splitlines()


@pytest.mark.parametrize("text", SUBTITLE)
def test_subtitle(text: str) -> None:
    assert is_subtitle_cue(text)


@pytest.mark.parametrize("text", NOT_SUBTITLE)
def test_not_subtitle(text: str) -> None:
    assert not is_subtitle_cue(text)


def test_quoted_words() -> None:
    assert quoted_words("She says, “I don't know.”") == "I don't know."
    assert quoted_words("Transcript: come here") == "come here"
