"""Measuring a clip: faces beside voice and words, then cues, curves and warnings."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from xemogpt.media.audio import SAMPLE_RATE
from xemogpt.schema import Cue, CueSet, Transcript
from xemogpt.signals.face import face_cues, face_warnings, warning
from xemogpt.signals.face_curves import as_curves, face_curves
from xemogpt.signals.speech import Recogniser
from xemogpt.signals.timeline import Curve, Measurement
from xemogpt.signals.voice import is_silent, voice_cues
from xemogpt.signals.voice_curves import VoiceAnalyser, voice_plots

if TYPE_CHECKING:
    from xemogpt.encoders.face_landmarks import FaceLandmarker
    from xemogpt.media import Clip

ASSETS = ("face-landmarker", "whisper-base-ct2")
_PAPERS = frozenset({"LICENSE", "NOTICE", "origin.json"})
"""Files of an asset that no result depends on."""


@dataclass
class _Part:
    """What one modality gave."""

    cues: list[Cue] = field(default_factory=list)
    curves: tuple[Curve, ...] = ()
    warnings: list[str] = field(default_factory=list)
    transcript: Transcript | None = None


class Meter:
    """Measures the cues of clips. Detectors load when first needed and stay.

    Calls from several threads are served one after the other.

    Args:
        fps: frames a second that are looked at; below about 10, blinks and nods are missed.
        max_side: longer frames are shrunk to this many pixels before faces are sought.
        num_threads: threads of speech recognition; faces take one more.
        face_folder: the asset ``face-landmarker``; from the cache by default.
        speech_folder: the asset ``whisper-base-ct2``; from the cache by default.
    """

    def __init__(
        self,
        fps: float = 15.0,
        max_side: int = 960,
        num_threads: int = 2,
        face_folder: str | Path | None = None,
        speech_folder: str | Path | None = None,
    ) -> None:
        self.fps = fps
        self.max_side = max_side
        self.num_threads = num_threads
        self._folders = {"face-landmarker": face_folder, "whisper-base-ct2": speech_folder}
        self._landmarker: FaceLandmarker | None = None
        self._voice: VoiceAnalyser | None = None
        self._recogniser: Recogniser | None = None
        self._lock = Lock()

    def weights(self) -> dict[str, str]:
        """SHA-256 of the weight files the detectors use, as "asset/file" -> hash.

        Raises:
            WeightsError: if they are not there.
        """
        from xemogpt.weights import hashes

        return {
            f"{asset}/{name}": sha256
            for asset in ASSETS
            for name, sha256 in sorted(hashes(asset).items())
            if name not in _PAPERS
        }

    def measure(
        self, clip: "Clip", transcript: Transcript | None = None, recognise: bool = True
    ) -> Measurement:
        """Cues, curves, words and warnings of a clip.

        Args:
            clip: one window of a media file.
            transcript: its words, where they are known.
            recognise: whether to recognise speech where they are not.

        Raises:
            MediaError: if frames cannot be decoded.
            WeightsError: if a detector's weights are not there.
        """
        with self._lock, ThreadPoolExecutor(max_workers=1) as pool:
            # LiteRT and CTranslate2 both let go of the interpreter while they compute.
            seen: Future[_Part] = pool.submit(self._look, clip)
            heard = self._listen(clip, transcript, recognise)
            visual = seen.result()
        return Measurement(
            cues=CueSet(
                visual=_until(visual.cues, clip.end_s), auditory=_until(heard.cues, clip.end_s)
            ),
            curves=(*visual.curves, *heard.curves),
            transcript=heard.transcript,
            # Decoding the frames may have added to the clip's own warnings.
            warnings=tuple(dict.fromkeys([*visual.warnings, *heard.warnings, *clip.warnings])),
        )

    def _look(self, clip: "Clip") -> _Part:
        """Follow the main face and name what it does."""
        if clip.info.video is None:
            return _Part(warnings=[warning("no-video")])
        if self._landmarker is None:
            from xemogpt.encoders.face_landmarks import FaceLandmarker

            self._landmarker = FaceLandmarker(self._folders["face-landmarker"])
        track = self._landmarker.track(clip.iter_frames(fps=self.fps, max_side=self.max_side))
        if len(track) == 0:
            return _Part(warnings=[warning("no-video")])
        if not track.found.any():
            return _Part(warnings=face_warnings(track))
        curves = face_curves(track)
        return _Part(face_cues(track, curves), as_curves(curves), face_warnings(track))

    def _listen(self, clip: "Clip", transcript: Transcript | None, recognise: bool) -> _Part:
        """Analyse the voice and, where asked, recognise its words."""
        waveform = clip.waveform
        if waveform is None or len(waveform) == 0:
            return _Part(warnings=[warning("no-sound")], transcript=transcript)
        if self._voice is None:
            self._voice = VoiceAnalyser()
        curves = self._voice.curves(waveform, clip.start_s)
        if curves is None:
            detail = f"{len(waveform) / SAMPLE_RATE:.2f} s"
            return _Part(warnings=[warning("short-sound", detail)], transcript=transcript)
        warnings = []
        if is_silent(curves):
            warnings.append(warning("silence"))
        elif not curves.speech_spans():
            warnings.append(warning("no-speech"))
        elif recognise and transcript is None:
            if self._recogniser is None:
                self._recogniser = Recogniser(
                    self._folders["whisper-base-ct2"], num_threads=self.num_threads
                )
            transcript = self._recogniser.transcribe(waveform, clip.start_s)
            if transcript is None:
                warnings.append(warning("uncertain-words"))
        return _Part(voice_cues(curves, transcript), voice_plots(curves), warnings, transcript)


def _until(cues: list[Cue], end_s: float) -> list[Cue]:
    """Cut cues at the end of the clip: the last frame's span may reach beyond it."""
    return [
        cue.model_copy(update={"end_s": round(end_s, 3)}) if (cue.end_s or 0.0) > end_s else cue
        for cue in cues
    ]
