"""What a look does to the head: colours of its faces, the background, where brows are anchored."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.head import (
    LEFT_EYE,
    LIPS,
    MOUTH,
    RIGHT_EYE,
    SOCKET,
    TEETH,
    TONGUE,
    Head,
)
from xemogpt.emocue.controlled.script import Look

Floats = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]
_NUM_BROW = 9
BROW_HEIGHT = 1.38
"""Of the brow's middle above the eye's centre, in radii of the eyeball."""
_BROW_X = (-0.019, 0.029)
"""From the inner to the outer end, metres from the eye's centre, away from the nose."""


@dataclass(frozen=True)
class Eye:
    """One eyeball, in the order (left, right) of the person."""

    vertices: NDArray[np.intp]
    centre: Floats
    """(3,) at rest."""
    radius: float
    pole: int
    """The vertex that looks forward."""


@dataclass(frozen=True)
class Anchors:
    """Points that ride on triangles of the mesh."""

    corners: NDArray[np.intp]
    """(N, 3) vertices."""
    weights: Floats
    """(N, 3), adding to one."""

    def at(self, vertices: Floats) -> Floats:
        """(N, 3): where the points are now."""
        placed: Floats = (vertices[self.corners] * self.weights[..., None]).sum(1)
        return placed


def eyes_of(head: Head, rest: Floats) -> tuple[Eye, Eye]:
    """The left and the right eye of the person whose resting face is given."""
    eyes = []
    for part in (LEFT_EYE, RIGHT_EYE):
        vertices = np.unique(head.faces[head.parts == part])
        ball = rest[vertices]
        centre = (ball.min(0) + ball.max(0)) / 2
        radius = float(np.ptp(ball[:, 1]) / 2)
        eyes.append(Eye(vertices, centre, radius, int(vertices[ball[:, 2].argmax()])))
    return eyes[0], eyes[1]


def face_colours(head: Head, rest: Floats, look: Look, between: Floats) -> Floats:
    """(F, 3) RGB before light.

    Args:
        head: the mesh.
        rest: (V, 3) resting face.
        look: names the colours and the hair style.
        between: (3,) the point between the eyes.
    """
    colours = np.tile(np.array(look.skin, np.float32), (len(head.faces), 1))
    middle = rest[head.faces].mean(1) - between
    flush = np.exp(
        -(((np.abs(middle[:, 0]) - 0.037) / 0.02) ** 2 + ((middle[:, 1] + 0.045) / 0.02) ** 2)
    )
    colours *= 1 - flush[:, None] * np.array([0.02, 0.10, 0.09]) * (middle[:, 2:] > -0.05)
    skin = head.parts == 0
    if look.hair_style != "bald":
        colours[skin & is_hair(middle)] = look.hair
    slope = np.clip(np.abs(middle[:, 0]) - 0.06, 0, None)
    colours[skin & (middle[:, 1] < -0.165 + 0.3 * slope)] = look.top
    for part, colour in (
        (LIPS, look.lip),
        (MOUTH, (70, 26, 28)),
        (TONGUE, (165, 78, 82)),
        (TEETH, (232, 226, 214)),
        (LEFT_EYE, (234, 231, 227)),
        (RIGHT_EYE, (234, 231, 227)),
        (SOCKET, tuple(0.62 * value for value in look.skin)),
    ):
        colours[head.parts == part] = colour
    return colours


def is_hair(middle: Floats) -> NDArray[np.bool_]:
    """Whether points (N, 3), relative to the point between the eyes, bear hair."""
    depth = -middle[:, 2] - 0.02
    line = 0.058 - 0.75 * np.clip(depth - 0.02, 0, 0.075)
    nape = (depth > 0.105) & (middle[:, 1] > -0.06)
    hair: NDArray[np.bool_] = (middle[:, 1] > line) | nape
    return hair


def brow_anchors(head: Head, rest: Floats, eye: Eye, outwards: int) -> Anchors:
    """The middle line of a brow, from its inner to its outer end.

    Args:
        head: the mesh.
        rest: (V, 3) resting face.
        eye: the eye beneath.
        outwards: 1 for the person's left, -1 for the right.
    """
    along = np.linspace(*_BROW_X, _NUM_BROW)
    arch = eye.radius * BROW_HEIGHT - 6.0 * (along - 0.011) ** 2
    wanted = np.stack([eye.centre[0] + outwards * along, eye.centre[1] + arch], axis=1)
    return _on_front(head, rest, wanted, float(eye.centre[2]) - 0.02)


def lash_line(head: Head, rest: Floats, eye: Eye, blink: int) -> NDArray[np.intp]:
    """Vertices along the edge of an upper lid: in each column, the one that a blink lowers most.

    Args:
        head: the mesh.
        rest: (V, 3) resting face.
        eye: the eye beneath.
        blink: index of the eye's blink in ``ACTIONS``.
    """
    drop = -head.action_deltas[blink, :, 1]
    column = np.rint((rest[:, 0] - eye.centre[0]) / (eye.radius * 0.22)).astype(int)
    line = []
    for place in range(-4, 5):
        inside = np.flatnonzero((column == place) & (drop > 0.25 * drop.max()))
        if len(inside):
            line.append(inside[drop[inside].argmax()])
    return np.array(line, np.intp)


def _on_front(head: Head, rest: Floats, wanted: Floats, behind: float) -> Anchors:
    """Points of the skin seen from the front at (N, 2) places; nothing behind the depth given."""
    faces = head.faces[(head.parts == 0) & (rest[head.faces][:, :, 2].min(1) > behind)]
    a, b, c = (rest[faces[:, index]] for index in range(3))
    area = _cross(b - a, c - a)
    facing = area > 1e-12
    faces, a, b, c, area = faces[facing], a[facing], b[facing], c[facing], area[facing]
    corners, weights = [], []
    a, b, c = a[:, :2], b[:, :2], c[:, :2]
    for point in wanted:
        shares = np.stack([_cross(b - point, c - point), _cross(c - point, a - point)], 1)
        shares = shares / area[:, None]
        shares = np.concatenate([shares, 1 - shares.sum(1, keepdims=True)], axis=1)
        best = int(shares.min(1).argmax())
        clipped = np.clip(shares[best], 0, 1)
        corners.append(faces[best])
        weights.append(clipped / clipped.sum())
    return Anchors(np.array(corners), np.array(weights))


def _cross(first: Floats, second: Floats) -> Floats:
    """The z of the cross product of the x and y of vectors."""
    product: Floats = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return product


def background(look: Look, side: int) -> Image:
    """(side, side, 3) picture behind the person."""
    image = np.empty((side, side, 3), np.float32)
    image[:] = look.background
    if look.background_style == "gradient":
        image *= np.linspace(1.15, 0.7, side)[:, None, None]
    elif look.background_style == "stripes":
        width = max(2, side // 12)
        image[:, (np.arange(side) // width) % 2 == 1] *= 0.85
    painted = np.clip(image, 0, 255).astype(np.uint8)
    if look.background_style == "room":
        _room(painted, look, side)
    return painted


def _room(image: Image, look: Look, side: int) -> None:
    """A floor, a window and a shelf."""
    dark = tuple(float(0.6 * value) for value in look.background)
    light = tuple(float(min(255, 1.3 * value + 20)) for value in look.background)
    cv2.rectangle(image, (0, int(0.85 * side)), (side, side), dark, -1)
    cv2.rectangle(
        image, (int(0.05 * side), int(0.1 * side)), (int(0.24 * side), int(0.42 * side)), light, -1
    )
    cv2.rectangle(image, (int(0.78 * side), int(0.3 * side)), (side, int(0.34 * side)), dark, -1)
