"""Pictures at the moments that matter, with the face mesh as lines to lay over them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xemogpt.errors import WeightsError
from xemogpt.inference import Examination
from xemogpt.media import Clip

NUM_FRAMES = 10
"""At most, for a whole clip."""
HEIGHT = 216
"""Pixels of a picture."""
MAX_WIDTH = 640
"""Pixels of one that is very wide."""
_NEAR_S = 0.12
"""Moments closer than this share a picture."""


@dataclass(frozen=True)
class KeyFrame:
    """One picture of the page."""

    time_s: float
    uri: str
    width: int
    height: int
    mesh: str
    """The lines of the mesh as an SVG path in pixels of the picture; empty without a face."""


def key_frames(examination: Examination) -> list[KeyFrame]:
    """Pictures at the middle of visual cues, strongest evidence first, then evenly spread."""
    clips = [piece.clip for piece in examination.pieces if piece.clip and piece.clip.info.video]
    if not clips:
        return []
    moments = _moments(examination, clips)
    landmarker = _landmarker()
    found = []
    for clip in clips:
        until = float("inf") if clip is clips[-1] else clip.end_s
        wanted = [moment for moment in moments if clip.start_s <= moment < until]
        for image, time_s in _pictures(clip, wanted):
            found.append(_key_frame(image, time_s, landmarker))
    return found


def _moments(examination: Examination, clips: Sequence[Clip]) -> list[float]:
    """When to look, in order of time."""
    cues = [cue for cue in examination.explanation.cues.visual if cue.start_s is not None]
    cues.sort(key=lambda cue: -(cue.confidence or 0.0))
    candidates = [
        ((cue.start_s or 0.0) + (cue.start_s or 0.0 if cue.end_s is None else cue.end_s)) / 2
        for cue in cues[: NUM_FRAMES - 3]
    ]
    end_s = clips[-1].info.video.end_s if clips[-1].info.video else clips[-1].end_s
    candidates += list(np.linspace(clips[0].start_s, max(clips[0].start_s, end_s - 0.1), 6))
    moments: list[float] = []
    for moment in candidates:
        if all(abs(moment - other) > _NEAR_S for other in moments):
            moments.append(float(moment))
    return sorted(moments[:NUM_FRAMES])


def _pictures(clip: Clip, wanted: Sequence[float]) -> list[tuple[np.ndarray[Any, Any], float]]:
    """The frame that is shown at each moment; only those are held."""
    found: dict[float, np.ndarray[Any, Any]] = {}
    held: tuple[float, np.ndarray[Any, Any]] | None = None
    upcoming = list(wanted)
    for frame in clip.iter_frames(25, 640) if upcoming else ():
        while upcoming and held is not None and frame.time_s > upcoming[0] + 1e-6:
            upcoming.pop(0)
            found[held[0]] = held[1]
        if not upcoming:
            break
        held = (frame.time_s, frame.image)
    if upcoming and held is not None:
        found[held[0]] = held[1]
    return [(image, time_s) for time_s, image in sorted(found.items(), key=lambda item: item[0])]


def _landmarker() -> Any | None:
    """The face detector, or none where its weights are not there: the page then has no mesh."""
    from xemogpt.encoders.face_landmarks import FaceLandmarker

    try:
        return FaceLandmarker()
    except WeightsError:
        return None


def _key_frame(image: np.ndarray[Any, Any], time_s: float, landmarker: Any | None) -> KeyFrame:
    import cv2

    scale = min(HEIGHT / image.shape[0], MAX_WIDTH / image.shape[1])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    faces = landmarker.faces(image) if landmarker is not None else []
    encoded = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return KeyFrame(
        time_s=time_s,
        uri="data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode(),
        width=small.shape[1],
        height=small.shape[0],
        mesh=mesh_path(faces[0].points, scale) if faces else "",
    )


def mesh_path(points: np.ndarray[Any, Any], scale: float) -> str:
    """Lines between neighbouring landmarks (478, 3) as an SVG path.

    Neighbours are found on the face turned to the front, so that the net does not fold over where
    the head is turned away.
    """
    from scipy.spatial import Delaunay

    from xemogpt.encoders.head_pose import to_head_frame

    front = to_head_frame(points[None])[0, :, :2]
    corners = Delaunay(front).simplices
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]))
    edges = np.unique(pairs, axis=0)
    flat = np.round(points[:, :2] * scale).astype(int)
    return "".join(f"M{flat[a, 0]} {flat[a, 1]}L{flat[b, 0]} {flat[b, 1]}" for a, b in edges)
