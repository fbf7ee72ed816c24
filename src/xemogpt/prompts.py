"""What the model is asked, in words: templates, roles and instructions. No torch, no tokenizer.

A prompt is a sequence of texts and slots; a slot is where the feature vectors of one modality go.
Because slots are objects and not marked by characters, nothing that a user writes can become one.

>>> build_prompt("published", subtitle="Hi.", instruction="Describe.", modalities={"video"})
... # doctest: +NORMALIZE_WHITESPACE
('###Human: audio: <Audio></Audio>. video: <Video>', Slot(modality='video'),
 '</Video>. subtitle: <Subtitle>Hi.</Subtitle>. Describe. ###Assistant: ')
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

PromptStyle = Literal["chat", "brief", "published"]
PerceivedModality = Literal["video", "audio"]
PERCEIVED_MODALITIES: tuple[PerceivedModality, ...] = ("video", "audio")


@dataclass(frozen=True)
class Slot:
    """The place of one modality's feature vectors."""

    modality: PerceivedModality


Part = str | Slot

SYSTEM_MESSAGE = (
    "You explain the emotion that a person expresses in a short clip. You name only what can be"
    " seen, heard or read in it."
)
_LOOK = "First describe what the face, the head and the body show, and how it changes."
_LISTEN = "Then describe how the voice sounds: pitch, loudness, pace, pauses."
_READ = "Use the words that are said."
_CONCLUDE = "Conclude with the emotion that all of this expresses."

_BRIEF = "Explain the expressed emotion."

# What the published templates leave in the prompt where a modality is absent.
_PUBLISHED_MARKS = {"audio": "<AudioHere>", "video": "<VideoHere>"}


def default_instruction(modalities: Collection[str], has_words: bool = True) -> str:
    """What to ask when the user does not say: about what is there, and nothing else.

    Args:
        modalities: which of ``video`` and ``audio`` the clip has.
        has_words: whether there is a subtitle.

    >>> default_instruction({"audio"}, has_words=False)
    'Describe how the voice sounds: pitch, loudness, pace, pauses. Conclude with the emotion that all of this expresses.'
    """  # noqa: E501
    asks = [_LOOK] if "video" in modalities else []
    if "audio" in modalities:
        asks.append(_LISTEN if asks else _LISTEN.replace("Then describe", "Describe"))
    if has_words:
        asks.append(_READ)
    return " ".join([*asks, _CONCLUDE])


def build_prompt(
    style: PromptStyle,
    *,
    subtitle: str | None = None,
    instruction: str | None = None,
    modalities: Collection[str] = (),
    keep_absent_marks: bool = False,
) -> tuple[Part, ...]:
    """Arrange one request as texts and slots, neighbouring texts joined.

    Args:
        style: ``published`` is the format the published checkpoint was trained on, complete with
            roles. ``chat`` is the content of a user's turn; roles come from the tokenizer's own
            chat template. ``brief`` is that with a request of a few words.
        subtitle: what is said; none or empty if nothing is known of it.
        instruction: what to ask; ``default_instruction`` if not given, or a few words in the
            brief style.
        modalities: which of ``video`` and ``audio`` are there.
        keep_absent_marks: published style only: leave the text ``<AudioHere>`` where there is no
            sound, as the published code does. For comparing with it, not for use.
    """
    subtitle = subtitle or ""
    if instruction is None and style == "brief":
        instruction = _BRIEF
    if instruction is None:
        instruction = default_instruction(modalities, bool(subtitle.strip()))
    if style == "published":
        return _published(subtitle, instruction, modalities, keep_absent_marks)
    return _chat(subtitle, instruction, modalities)


def _published(
    subtitle: str, instruction: str, modalities: Collection[str], keep_absent_marks: bool
) -> tuple[Part, ...]:
    def slot(modality: PerceivedModality) -> Part:
        if modality in modalities:
            return Slot(modality)
        return _PUBLISHED_MARKS[modality] if keep_absent_marks else ""

    return _join(
        "###Human: audio: <Audio>",
        slot("audio"),
        "</Audio>. video: <Video>",
        slot("video"),
        f"</Video>. subtitle: <Subtitle>{subtitle}</Subtitle>. {instruction} ###Assistant: ",
    )


def _chat(subtitle: str, instruction: str, modalities: Collection[str]) -> tuple[Part, ...]:
    parts: list[Part] = []
    if "video" in modalities:
        parts += ["Video: ", Slot("video"), "\n"]
    if "audio" in modalities:
        parts += ["Sound: ", Slot("audio"), "\n"]
    if subtitle.strip():
        parts.append(f"Words: {subtitle.strip()}\n")
    return _join(*parts, instruction)


def _join(*parts: Part) -> tuple[Part, ...]:
    """Merge neighbouring texts, so that each is tokenised as a whole; drop empty ones."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)
