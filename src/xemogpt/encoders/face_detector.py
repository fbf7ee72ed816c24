"""Where faces are: BlazeFace (short range) through LiteRT, with tiles for small faces. No torch."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

INPUT_SIDE = 128
SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3
"""Boxes that share more than this part of the smaller one are one face."""
TILE_OVERLAP = 0.5
"""Part of a tile shared with its neighbour, so that a face on a border is whole in one of them."""


@dataclass(frozen=True)
class Detection:
    """One face: a box, six key points and a score."""

    box: Floats
    """(4,) x0, y0, x1, y1 in pixels."""
    key_points: Floats
    """(6, 2) in pixels: the person's right eye, left eye, nose tip, mouth, right ear, left ear."""
    score: float


class Interpreter:
    """A LiteRT model: one float32 array in, named float32 arrays out."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter as LiteRT

        # One thread: the models are so small that a second one gains nothing.
        self._model = LiteRT(str(path), num_threads=1)
        self._model.allocate_tensors()
        self._input = self._model.get_input_details()[0]["index"]
        self._outputs = {item["name"]: item["index"] for item in self._model.get_output_details()}

    def __call__(self, values: Floats) -> dict[str, Floats]:
        """Run once; the arrays returned are copies."""
        self._model.set_tensor(self._input, np.ascontiguousarray(values, dtype=np.float32))
        self._model.invoke()
        return {name: self._model.get_tensor(index) for name, index in self._outputs.items()}


class FaceDetector:
    """Finds faces in an RGB image. Not thread-safe.

    A face of less than about 9 % of the image's longer side is missed by ``detect``;
    ``detect_small`` looks at overlapping tiles of half the image and finds half that size.
    """

    def __init__(self, path: Path) -> None:
        self._model = Interpreter(path)

    def detect(self, image: Image) -> list[Detection]:
        """Faces in an (H, W, 3) RGB image, best score first."""
        return _merge(self._raw(image))

    def detect_small(self, image: Image) -> list[Detection]:
        """Faces in overlapping tiles of half the image's size, best score first."""
        height, width = image.shape[:2]
        side = (max(height, width) + 1) // 2
        found: list[Detection] = []
        for top in _tile_starts(height, side):
            for left in _tile_starts(width, side):
                tile = image[top : top + side, left : left + side]
                offset = np.array([left, top], np.float32)
                found += [
                    Detection(item.box + np.tile(offset, 2), item.key_points + offset, item.score)
                    for item in self._raw(tile)
                ]
        return _merge(found)

    def _raw(self, image: Image) -> list[Detection]:
        """Every anchor above the threshold, overlapping boxes included."""
        square, scale, offset = _letterbox(image)
        out = self._model(square[None].astype(np.float32) / 127.5 - 1)
        logits = np.clip(out["classificators"][0, :, 0], -80, 80)
        scores = 1 / (1 + np.exp(-logits))
        chosen = np.flatnonzero(scores > SCORE_THRESHOLD)
        anchors = _anchors()[chosen]
        raw = out["regressors"][0, chosen] / INPUT_SIDE
        centres = raw[:, :2] + anchors
        corners = np.stack([centres - raw[:, 2:4] / 2, centres + raw[:, 2:4] / 2], axis=1)
        points = raw[:, 4:].reshape(-1, 6, 2) + anchors[:, None]
        corners, points = corners * scale - offset, points * scale - offset
        return [
            Detection(corners[i].reshape(4), points[i], float(scores[chosen[i]]))
            for i in range(len(chosen))
        ]


@lru_cache(maxsize=1)
def _anchors() -> Floats:
    """Anchor centres (896, 2) in 0..1: two a cell of 16 x 16, six a cell of 8 x 8."""
    grids = []
    for cells, per_cell in ((16, 2), (8, 6)):
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0))
    return np.concatenate(grids).astype(np.float32)


def _letterbox(image: Image) -> tuple[Image, float, Floats]:
    """Pad to a square and shrink to the model's input.

    Returns:
        the (128, 128, 3) image, the square's side in pixels, and the padding (2,) in x and y.
    """
    import cv2

    height, width = image.shape[:2]
    side = max(height, width)
    scale = INPUT_SIDE / side
    new_width = max(1, round(width * scale))
    new_height = max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.zeros((INPUT_SIDE, INPUT_SIDE, 3), np.uint8)
    left, top = (INPUT_SIDE - new_width) // 2, (INPUT_SIDE - new_height) // 2
    square[top : top + new_height, left : left + new_width] = cv2.resize(
        image, (new_width, new_height), interpolation=method
    )
    return square, float(side), np.array([left, top], np.float32) / scale


def _tile_starts(length: int, side: int) -> list[int]:
    """Where tiles of ``side`` begin along an axis so that they cover it and overlap."""
    if length <= side:
        return [0]
    count = int(np.ceil((length - side) / (side * (1 - TILE_OVERLAP)))) + 1
    return [int(start) for start in np.linspace(0, length - side, count)]


def _merge(found: list[Detection]) -> list[Detection]:
    """Average overlapping detections, weighted by their scores; best score first."""
    rest = sorted(found, key=lambda item: -item.score)
    merged = []
    while rest:
        best = rest[0]
        boxes = np.stack([item.box for item in rest])
        same = overlap(best.box, boxes) > OVERLAP_THRESHOLD
        same[0] = True
        group = [item for item, is_same in zip(rest, same, strict=True) if is_same]
        weights = np.array([item.score for item in group], np.float32)
        weights /= weights.sum()
        box = np.einsum("n,nd->d", weights, np.stack([item.box for item in group]))
        points = np.einsum("n,nkd->kd", weights, np.stack([item.key_points for item in group]))
        merged.append(Detection(box, points, best.score))
        rest = [item for item, is_same in zip(rest, same, strict=True) if not is_same]
    return merged


def overlap(box: Floats, boxes: Floats) -> Floats:
    """Overlap of one box (4,) with others (N, 4), as intersection over the smaller area: (N,).

    Tiles give the same face in boxes of different size, which intersection over union would part.

    >>> overlap(np.array([0, 0, 2, 2.0]), np.array([[1, 0, 3, 2.0]])).tolist()
    [0.5]
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    area = np.prod(box[2:] - box[:2])
    shared: Floats = common / np.maximum(np.minimum(area, areas), 1e-9)
    return shared
