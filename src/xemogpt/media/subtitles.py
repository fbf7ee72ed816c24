"""Subtitles: plain text, or srt, vtt and txt files in the encodings people have."""

import codecs
import os
import re
from pathlib import Path

import charset_normalizer
import pysubs2

from xemogpt.errors import MediaError
from xemogpt.schema import Transcript, Word

SUBTITLE_SUFFIXES = (".srt", ".vtt", ".txt")
"""What is read as a subtitle file."""
MAX_BYTES = 10_000_000
"""Larger files are no subtitles: a feature film's take a tenth of a megabyte."""

_FORMATS = {".srt": "srt", ".vtt": "vtt"}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Tried only where the bytes are not UTF-8, the likelier ones first.
_DOUBLE_BYTE = ("gb18030", "big5", "cp932", "euc_kr")
_SINGLE_BYTE = ("cp1252", "cp1250", "cp1251")
_SYMBOL_IN_WORD = re.compile(r"[A-Za-z][^\w\s'’.,:;!?«»()/\-–—…&][a-z]|[a-z][¹²³¼½¾ª][a-z]")
_SAME_CHAOS, _SAME_COHERENCE = 1e-3, 0.1


def read_subtitles(text_or_path: str | Path) -> Transcript:
    """What is said, from words or from a file.

    A path object, or a string that names an existing srt, vtt or txt file, is read as a file; any
    other string is taken as the words themselves. Cues of srt and vtt files become ``words`` with
    the times of their lines; markup is removed.

    Raises:
        MediaError: if the file is missing, is no subtitle file, has no cues, or is in an encoding
            that cannot be told.

    >>> read_subtitles("I knew it!").text
    'I knew it!'
    """
    path = _as_path(text_or_path)
    if path is None:
        return Transcript(text=" ".join(str(text_or_path).split()), source="given")
    text = _decoded(path).replace("\r\n", "\n").replace("\r", "\n")
    if path.suffix.lower() not in _FORMATS:
        return Transcript(text=" ".join(text.split()), source="file")
    lines = _cues(path, text)
    joined = " ".join(line.text for line in lines)
    return Transcript(text=joined, source="file", words=tuple(lines))


def sidecar_subtitles(path: str | Path) -> Path | None:
    """The srt or vtt file beside a media file that has its name, if there is one.

    >>> sidecar_subtitles("no/such/clip.mp4") is None
    True
    """
    for suffix in _FORMATS:
        beside = Path(path).with_suffix(suffix)
        if beside.is_file():
            return beside
    return None


def slice_transcript(transcript: Transcript, start_s: float, end_s: float) -> Transcript:
    """The words spoken in a window.

    A word or line belongs to the window that holds its middle, so none is in two windows. A
    transcript without times cannot be cut and is returned whole.

    >>> words = (Word(text="no", start_s=1, end_s=2), Word(text="yes", start_s=8, end_s=9))
    >>> slice_transcript(Transcript(text="no yes", source="file", words=words), 0, 5).text
    'no'
    """
    if not transcript.words:
        return transcript
    kept = tuple(
        word for word in transcript.words if start_s <= (word.start_s + word.end_s) / 2 < end_s
    )
    if len(kept) == len(transcript.words):
        return transcript
    text = " ".join(word.text.strip() for word in kept)
    return transcript.model_copy(update={"text": text, "words": kept})


def _as_path(text_or_path: str | Path) -> Path | None:
    """The subtitle file that is meant, or none if the words themselves were given."""
    if isinstance(text_or_path, Path):
        return text_or_path
    is_name = "\n" not in text_or_path and "\0" not in text_or_path and len(text_or_path) < 4096
    path = Path(text_or_path.strip())
    if not is_name or path.suffix.lower() not in SUBTITLE_SUFFIXES:
        return None
    # "See notes.txt" may be said; a path without spaces that ends so is a misspelt file name.
    if path.is_file() or os.sep in text_or_path or len(text_or_path.split()) == 1:
        return path
    return None


def _decoded(path: Path) -> str:
    """The text of a file in whatever encoding it is."""
    if not path.is_file():
        raise MediaError(f"subtitle file {path} does not exist; check the path")
    if path.suffix.lower() not in SUBTITLE_SUFFIXES:
        known = ", ".join(SUBTITLE_SUFFIXES)
        raise MediaError(f"{path} is no subtitle file; expected one of {known}, or the words")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MediaError(f"subtitle file {path} is larger than {MAX_BYTES // 10**6} MB")
        content = path.read_bytes()
    except OSError as error:
        raise MediaError(f"cannot read subtitle file {path}: {error.strerror}") from error
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return _decoded_as(path, content, encoding)
    if b"\0" in content:
        # UTF-16 without its mark: most characters of a subtitle file have a zero byte.
        even, odd = content[::2].count(0), content[1::2].count(0)
        return _decoded_as(path, content, "utf-16-be" if even > odd else "utf-16-le")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(path, content)


def _decoded_as(path: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unreadable(path) from error
    if "\0" in text:
        raise _unreadable(path)
    return text


def _guessed(path: Path, content: bytes) -> str:
    """Text in the likeliest of the legacy encodings that make it read like a language."""
    matches = charset_normalizer.from_bytes(content, cp_isolation=[*_DOUBLE_BYTE, *_SINGLE_BYTE])
    best = matches.best()
    if best is None:
        raise _unreadable(path)
    near = {
        encoding
        for match in matches
        if match.chaos <= best.chaos + _SAME_CHAOS
        and match.coherence >= best.coherence - _SAME_COHERENCE
        for encoding in match.could_be_from_charset
    }
    # Accents stand alone between plain letters; characters of two bytes stand in runs.
    runs = re.findall(rb"[\x80-\xff]+", content)
    has_accents = sum(map(len, runs)) < 2 * len(runs)
    orders = (_SINGLE_BYTE, _DOUBLE_BYTE) if has_accents else (_DOUBLE_BYTE, _SINGLE_BYTE)
    chosen = next(encoding for order in orders for encoding in order if encoding in near)
    text = content.decode(chosen)
    if chosen == "cp1252" and "cp1250" in near and _SYMBOL_IN_WORD.search(text):
        return content.decode("cp1250")
    return text


def _unreadable(path: Path) -> MediaError:
    return MediaError(f"cannot tell the text encoding of {path}; save it as UTF-8")


def _cues(path: Path, text: str) -> list[Word]:
    """Lines of a subtitle file with their times, in order, without markup."""
    try:
        events = pysubs2.SSAFile.from_string(text, format_=_FORMATS[path.suffix.lower()])
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError) as error:
        raise MediaError(f"{path} is no valid subtitle file: {error}") from error
    lines = [
        Word(text=words, start_s=event.start / 1000, end_s=max(event.start, event.end) / 1000)
        for event in sorted(events, key=lambda event: event.start)
        if (words := " ".join(event.plaintext.split()))
    ]
    if not lines and text.strip().removeprefix("WEBVTT").strip():
        raise MediaError(f"{path} holds no cues with times; expected lines like 00:01 --> 00:04")
    return lines
