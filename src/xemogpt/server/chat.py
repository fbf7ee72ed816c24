"""The OpenAI form of a chat: what is asked, and what is answered."""

import base64
import binascii
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from xemogpt.server.problems import Problem

_DATA_URL = re.compile(
    r"data:((?:video|audio|image)/[\w.+-]+|application/octet-stream)?[^,]{0,200}?;base64,"
)
_SAID = re.compile(r"^[ \t]*subtitle[ \t]*:(.+)", re.IGNORECASE | re.DOTALL | re.MULTILINE)


class _Lenient(BaseModel):
    """Clients send much that does not matter here; it is taken and left aside."""

    model_config = ConfigDict(extra="ignore")


class Url(_Lenient):
    """A data URL; nothing is fetched from anywhere."""

    url: str


class Sound(_Lenient):
    """Sound as base64."""

    data: str
    format: str = "wav"


class TextPart(_Lenient):
    """Words."""

    type: Literal["text"]
    text: str


class VideoPart(_Lenient):
    """A video as a data URL."""

    type: Literal["video_url"]
    video_url: Url


class ImagePart(_Lenient):
    """A picture as a data URL."""

    type: Literal["image_url"]
    image_url: Url


class AudioPart(_Lenient):
    """Sound as base64."""

    type: Literal["input_audio"]
    input_audio: Sound


Part = Annotated[TextPart | VideoPart | ImagePart | AudioPart, Field(discriminator="type")]


class Message(_Lenient):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None


class ChatRequest(_Lenient):
    """A chat; the last message of the user is explained, and earlier ones are left aside."""

    model: str
    messages: list[Message] = Field(min_length=1, max_length=200)
    stream: bool = False
    subtitle: str | None = None
    """What is said in the clip (``extra_body`` of the official client)."""
    recognise: bool = True


class Answer(BaseModel):
    """What the assistant says."""

    role: Literal["assistant"] = "assistant"
    content: str


class Choice(BaseModel):
    """The one answer there is."""

    index: int = 0
    message: Answer
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """An answer in the OpenAI form, and the whole explanation beside it."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    explanation: dict[str, Any]


def asked(chat: ChatRequest) -> tuple[list[Part], str]:
    """Media and words of the last message of the user.

    Raises:
        Problem: if there is none.
    """
    message = next((m for m in reversed(chat.messages) if m.role == "user"), None)
    if message is None or not message.content:
        raise Problem(422, "invalid", "no message of the user has content")
    if isinstance(message.content, str):
        return [], message.content
    words = "\n".join(part.text for part in message.content if isinstance(part, TextPart))
    return [part for part in message.content if not isinstance(part, TextPart)], words


def said(chat: ChatRequest, words: str, has_media: bool) -> str | None:
    """What is said in the clip: given beside the messages, or as ``Subtitle: …``.

    Other text beside a clip is a request such as "explain", which changes nothing; without a clip
    the text itself is what is explained.
    """
    if chat.subtitle is not None:
        return chat.subtitle
    if found := _SAID.search(words):
        return found[1].strip()
    return None if has_media else words


def write_media(parts: list[Part], folder: Path) -> tuple[Path | None, Path | None]:
    """Decode the parts into a folder; the clip, and a separate sound for it.

    Raises:
        Problem: if a part is no base64, an address, or one too many.
        OSError: if the disk is full.
    """
    clip, sound = None, None
    for part in parts:
        if isinstance(part, AudioPart):
            if sound is not None:
                raise Problem(422, "invalid", "there are two sounds; send one input_audio")
            sound = folder / "audio"
            sound.write_bytes(_decoded(part.input_audio.data))
        else:
            if clip is not None:
                raise Problem(422, "invalid", "there are two clips; send one video or picture")
            url = part.video_url.url if isinstance(part, VideoPart) else _image_url(part)
            clip = folder / "media"
            clip.write_bytes(_of_url(url))
    return (sound, None) if clip is None else (clip, sound)


def _image_url(part: Part) -> str:
    assert isinstance(part, ImagePart)
    return part.image_url.url


def _of_url(url: str) -> bytes:
    head = _DATA_URL.match(url)
    if head is None:
        raise Problem(
            422,
            "no-url-fetching",
            f"the url begins {url[:40]!r}; nothing is fetched from anywhere: send the clip itself"
            " as data:video/mp4;base64,…",
        )
    return _decoded(url[head.end() :])


def _decoded(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(422, "invalid", f"a part is not base64: {error}") from error
    if not content:
        raise Problem(422, "media", "a part is empty (0 bytes)")
    return content
