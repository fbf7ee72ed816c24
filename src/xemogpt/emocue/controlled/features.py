"""What is painted rather than modelled: irises, brows, hair behind the head, things in the way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.appearance import Eye
from xemogpt.emocue.controlled.script import Look, Rgb

Floats = NDArray[np.floating[Any]]
PIVOT = np.array([0.0, -0.10, -0.08])
"""Where the head turns on the neck, from the point between the eyes."""
BROW_GAIN = 1.8
"""How much more the painted brow moves than the skin beneath."""
_IRIS_M, _PUPIL_M, _GLINT_M = 0.0062, 0.0026, 0.001
_BROW_HALF_M = 0.0036
_SHIFT = 4


@dataclass(frozen=True)
class Turn:
    """Rotations that now hold."""

    head: Floats
    """(3, 3) of the head, camera included."""
    body: Floats
    """(3, 3) of the camera alone."""

    def of_head(self, points: Floats) -> Floats:
        """Place (N, 3) points that ride on the head."""
        placed: Floats = (points - PIVOT) @ self.head.T + PIVOT
        return placed

    def of_body(self, points: Floats) -> Floats:
        """Place (N, 3) points that ride on the shoulders."""
        placed: Floats = (points - PIVOT) @ self.body.T + PIVOT
        return placed


@dataclass(frozen=True)
class Scene:
    """Where to draw."""

    canvas: NDArray[np.uint8]
    project: Callable[[Floats], Floats]
    look: Look

    def fill(self, points: Floats, colour: Rgb | Floats, light: float = 1.0) -> None:
        """Fill the polygon of (N, 3) placed points."""
        flat = np.rint(self.project(points) * (1 << _SHIFT)).astype(np.int32)
        shaded = [float(min(255, light * value)) for value in colour]
        cv2.fillPoly(self.canvas, [flat], shaded, cv2.LINE_8, _SHIFT)

    def line(self, points: Floats, colour: Rgb, width_m: float, closed: bool) -> None:
        """Draw a line through (N, 3) placed points."""
        flat = self.project(points)
        metre = self.project(np.array([[0, 0, 0], [1.0, 0, 0]]))
        width = max(1, round(width_m * float(metre[1, 0] - metre[0, 0])))
        fixed = np.rint(flat * (1 << _SHIFT)).astype(np.int32)
        paint = [float(value) for value in colour]
        cv2.polylines(self.canvas, [fixed], closed, paint, width, cv2.LINE_AA, _SHIFT)


def draw_iris(scene: Scene, eye: Eye, pole: Floats, turned: Turn) -> None:
    """Iris, pupil and glint around the point where the eyeball's front has moved."""
    gaze = pole - eye.centre
    gaze = gaze / np.linalg.norm(gaze)
    for radius, colour in (
        (_IRIS_M, tuple(int(0.6 * value) for value in scene.look.iris)),
        (_IRIS_M * 0.85, scene.look.iris),
        (_PUPIL_M, (12, 10, 10)),
    ):
        ring = _ring(eye.centre, gaze, eye.radius, radius)
        scene.fill(turned.of_head(ring), np.array(colour))
    glint = gaze + np.array([0.12, 0.14, 0.0])
    spot = _ring(eye.centre, glint / np.linalg.norm(glint), eye.radius, _GLINT_M)
    scene.fill(turned.of_head(spot), (245, 245, 245))


def _ring(centre: Floats, axis: Floats, ball: float, radius: float) -> Floats:
    """(24, 3) circle on a ball around an axis."""
    side = np.cross([0.0, 1.0, 0.0], axis)
    side /= np.linalg.norm(side)
    up = np.cross(axis, side)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    height = np.sqrt(max(0.0, ball**2 - radius**2))
    circle: Floats = centre + height * axis + radius * (np.cos(angle) * side + np.sin(angle) * up)
    return circle


def draw_brow(scene: Scene, line: Floats) -> None:
    """A tapering band along (N, 3) placed points, inner end first."""
    taper = np.interp(
        np.arange(len(line)), [0, 1, len(line) // 2, len(line) - 1], [0.8, 1, 0.9, 0.2]
    )
    lift = np.zeros_like(line)
    lift[:, 1] = _BROW_HALF_M * taper
    scene.fill(np.concatenate([line + lift, (line - lift)[::-1]]), scene.look.brow)


def draw_back(scene: Scene, turned: Turn) -> None:
    """Shoulders, and hair that hangs or sits behind the head."""
    look = scene.look
    if look.hair_style == "long":
        scene.fill(turned.of_head(_oval((0, -0.01, -0.10), 0.094, 0.125)), look.hair, 0.75)
        drape = [(-0.094, 0), (-0.098, -0.17), (0.098, -0.17), (0.094, 0)]
        scene.fill(turned.of_head(_flat(drape, -0.11)), look.hair, 0.75)
    elif look.hair_style == "bun":
        scene.fill(turned.of_head(_oval((0, 0.125, -0.14), 0.042, 0.038)), look.hair, 0.8)
    outline = [(-0.055, -0.14), (-0.13, -0.165), (-0.20, -0.21), (-0.24, -0.5)]
    mirrored = [(-x, y) for x, y in reversed(outline)]
    scene.fill(turned.of_body(_flat([*outline, *mirrored], -0.08)), look.top, 0.85)


def draw_occlusion(scene: Scene, eyes: tuple[Eye, Eye], turned: Turn) -> None:
    """What lies before the face."""
    kind = scene.look.occlusion
    if kind == "glasses":
        _draw_glasses(scene, eyes, turned)
    elif kind == "hand-on-chin":
        skin = scene.look.skin
        fist = turned.of_head(_oval((0.016, -0.118, 0.045), 0.038, 0.026))
        scene.fill(fist, skin, 0.92)
        wrist = [(0.0, -0.123), (0.045, -0.123), (0.10, -0.5), (0.03, -0.5)]
        scene.fill(turned.of_body(_flat(wrist, 0.045)), skin, 0.85)
        for x in (-0.008, 0.010, 0.028):
            gap = _flat([(x, -0.100), (x + 0.002, -0.122)], 0.046)
            scene.line(turned.of_head(gap), _scaled(skin, 0.6), 0.0015, closed=False)
    elif kind == "hair-over-brow":
        fringe = [(-0.062, 0.075), (0.020, 0.085), (0.004, 0.045), (-0.008, 0.014)]
        fringe += [(-0.030, 0.009), (-0.050, 0.007), (-0.070, -0.004)]
        scene.fill(turned.of_head(_flat(fringe, 0.022)), scene.look.hair, 0.9)


def _draw_glasses(scene: Scene, eyes: tuple[Eye, Eye], turned: Turn) -> None:
    frame: Rgb = (30, 28, 30)
    for eye, outwards in zip(eyes, (1, -1), strict=True):
        x, y, z = (float(value) for value in eye.centre)
        rim = _oval((x + outwards * 0.002, y - 0.002, z + 0.026), 0.025, 0.019)
        scene.line(turned.of_head(rim), frame, 0.0022, closed=True)
        arm = np.array([[x + outwards * 0.027, y, z + 0.026], [outwards * 0.072, y, z - 0.08]])
        scene.line(turned.of_head(arm), frame, 0.0022, closed=False)
    left, right = eyes[0].centre, eyes[1].centre
    bridge = np.array([left + np.array([-0.023, 0, 0.027]), right + np.array([0.023, 0, 0.027])])
    scene.line(turned.of_head(bridge), frame, 0.0022, closed=False)


def _oval(centre: tuple[float, float, float], half_x: float, half_y: float) -> Floats:
    """(40, 3) upright ellipse."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.array(centre) + np.stack(
        [half_x * np.cos(angle), half_y * np.sin(angle), np.zeros(40)], axis=1
    )


def _flat(points: list[tuple[float, float]], depth: float) -> Floats:
    """(N, 3) points at one depth."""
    return np.array([(x, y, depth) for x, y in points])


def _scaled(colour: Rgb, factor: float) -> Rgb:
    red, green, blue = (int(factor * value) for value in colour)
    return red, green, blue
