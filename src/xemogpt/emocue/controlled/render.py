"""Pictures of the head: numpy for the geometry, OpenCV to fill triangles from far to near.

Everything that does not change between frames is made once. A frame is drawn at twice its size
and averaged down.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled import appearance, features
from xemogpt.emocue.controlled.head import ACTIONS, LIPS, SKIN, Head
from xemogpt.emocue.controlled.script import Look

Floats = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]
SUPERSAMPLING = 2
_DISTANCE_M = 1.1
_FACE_WIDTHS_BETWEEN_EYES = 2.3
_AMBIENT, _DIFFUSE = 0.52, 0.55
_OPENNESS = 0.4
"""Of ``eyeWide`` in every resting face: the mesh's own eyes are half shut."""
_LASHES = (34, 24, 22)
_SHIFT = 4
"""Bits of a fraction of a pixel in OpenCV's coordinates."""


@dataclass(frozen=True)
class Camera:
    """Perspective onto the canvas."""

    scale: float
    """Canvas pixels a metre, at the face."""
    centre: tuple[float, float]
    """Canvas position of the point between the eyes when the head looks ahead."""

    def project(self, points: Floats) -> Floats:
        """(N, 2) canvas positions of (N, 3) points relative to the point between the eyes."""
        factor = self.scale * _DISTANCE_M / (_DISTANCE_M - points[:, 2])
        flat: Floats = np.stack(
            [self.centre[0] + points[:, 0] * factor, self.centre[1] - points[:, 1] * factor], 1
        )
        return flat


class Renderer:
    """Draws one person under one look.

    Args:
        head: the mesh.
        look: who, and how.
        size_px: side of the square pictures.

    Raises:
        UnknownNameError: if the look names nobody.
    """

    def __init__(self, head: Head, look: Look, size_px: int = 256) -> None:
        self._look = look
        self._size = size_px
        self._side = size_px * SUPERSAMPLING
        rest = head.shape(look.identity) + _open_eyes(head)
        eyes = appearance.eyes_of(head, rest)
        between = (eyes[0].centre + eyes[1].centre) / 2
        self._head = head
        self._rest = (rest - between).astype(np.float32)
        self._eyes = appearance.eyes_of(head, self._rest)
        self._colours = appearance.face_colours(head, rest, look, between)
        self._puff_up_hair()
        self._brows = tuple(
            appearance.brow_anchors(head, self._rest, eye, side)
            for eye, side in zip(self._eyes, (1, -1), strict=True)
        )
        self._lashes = tuple(
            appearance.lash_line(head, self._rest, eye, ACTIONS.index(f"eyeBlink{side}"))
            for eye, side in zip(self._eyes, ("Left", "Right"), strict=True)
        )
        gap = float(self._eyes[0].centre[0] - self._eyes[1].centre[0])
        scale = look.face_width * self._side / (gap * _FACE_WIDTHS_BETWEEN_EYES)
        self._camera = Camera(
            scale, ((0.5 + look.offset_x) * self._side, (0.45 + look.offset_y) * self._side)
        )
        self._behind = appearance.background(look, self._side)
        self._on_top = np.isin(head.parts, (SKIN, LIPS))
        self._neck = _smooth((self._rest[:, 1] + 0.175) / 0.075)[:, None]
        azimuth = np.radians(look.light_azimuth_deg)
        light = np.array([np.sin(azimuth), 0.45, np.cos(azimuth)])
        self._light = light / np.linalg.norm(light)

    def render(self, actions: Floats, pose_deg: Floats, rng: np.random.Generator) -> Image:
        """One frame.

        Args:
            actions: (52,) strengths, 0 to 1, in the order of ``head.ACTIONS``.
            pose_deg: (3,) yaw to the person's left, pitch up, roll to the left shoulder.
            rng: for the noise of pixels alone.

        Returns:
            (size_px, size_px, 3) RGB.
        """
        active = np.flatnonzero(actions)
        moved = self._rest + np.tensordot(
            np.asarray(actions, np.float32)[active], self._head.action_deltas[active], 1
        )
        placed = self.place(moved, pose_deg)
        canvas = self._behind.copy()
        scene = features.Scene(canvas, self._camera.project, self._look)
        turned = self._turns(pose_deg)
        features.draw_back(scene, turned)
        self._draw_mesh(scene, moved, placed, turned)
        self._draw_brows(scene, moved, placed, pose_deg)
        features.draw_occlusion(scene, self._eyes, turned)
        return self._develop(canvas, rng)

    def place(self, vertices: Floats, pose_deg: Floats) -> Floats:
        """Turn the head on its neck; shoulders stay, and camera turns everything."""
        head_turn, camera_turn = self._rotations(pose_deg)
        pivot = features.PIVOT
        turned = (vertices - pivot) @ head_turn.T + pivot
        weight = self._neck if len(vertices) == len(self._neck) else 1.0
        mixed = vertices + weight * (turned - vertices)
        placed: Floats = (mixed - pivot) @ camera_turn.T + pivot
        return placed

    def _turns(self, pose_deg: Floats) -> features.Turn:
        head_turn, camera_turn = self._rotations(pose_deg)
        return features.Turn(camera_turn @ head_turn, camera_turn)

    def _rotations(self, pose_deg: Floats) -> tuple[Floats, Floats]:
        camera = (self._look.camera_yaw_deg, self._look.camera_pitch_deg, 0.0)
        return rotation(*(float(angle) for angle in pose_deg)), rotation(*camera)

    def _puff_up_hair(self) -> None:
        """Hair stands a little off the skull."""
        if self._look.hair_style == "bald":
            return
        hair = (self._head.parts == SKIN) & appearance.is_hair(self._rest[self._head.faces].mean(1))
        vertices = np.unique(self._head.faces[hair])
        outwards = self._rest[vertices] - np.array([0, 0.02, -0.09], np.float32)
        outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
        self._rest[vertices] += 0.007 * outwards

    def _draw_mesh(
        self, scene: features.Scene, moved: Floats, placed: Floats, turned: features.Turn
    ) -> None:
        """Insides of eyes and mouth, irises, then skin and lips."""
        faces = self._head.faces
        corners = placed[faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        middle = corners.mean(1)
        seen = (normals * (np.array([0, 0, _DISTANCE_M]) - middle)).sum(1) > 0
        shade = self._shade(normals)
        colours = np.clip(self._colours * shade[:, None], 0, 255)
        points = np.rint(scene.project(placed) * (1 << _SHIFT)).astype(np.int32)[faces]
        for layer in (~self._on_top, self._on_top):
            drawn = np.flatnonzero(seen & layer)
            drawn = drawn[np.argsort(middle[drawn, 2], kind="stable")]
            canvas = scene.canvas
            for triangle, colour in zip(points[drawn], colours[drawn].tolist(), strict=True):
                cv2.fillConvexPoly(canvas, triangle, colour, cv2.LINE_8, _SHIFT)
            if layer is not self._on_top:
                for eye in self._eyes:
                    features.draw_iris(scene, eye, moved[eye.pole], turned)

    def _shade(self, normals: Floats) -> Floats:
        """(F,) light on each face, smoothed over its neighbours."""
        faces = self._head.faces
        num = len(self._rest)
        smooth = np.stack(
            [
                sum(np.bincount(faces[:, corner], normals[:, axis], num) for corner in range(3))
                for axis in range(3)
            ],
            axis=1,
        )
        smooth /= np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-12
        lit = _AMBIENT + _DIFFUSE * np.clip(smooth @ self._light, 0, None)
        shade: Floats = lit[faces].mean(1)
        return shade

    def _draw_brows(
        self, scene: features.Scene, moved: Floats, placed: Floats, pose_deg: Floats
    ) -> None:
        """Brows, and the lashes of the upper lids."""
        for lashes in self._lashes:
            scene.line(placed[lashes], _LASHES, 0.0012, closed=False)
        for anchors in self._brows:
            now, rest = anchors.at(moved), anchors.at(self._rest)
            now = rest + features.BROW_GAIN * (now - rest)
            features.draw_brow(scene, self.place(now + np.array([0, 0, 0.001]), pose_deg))

    def _develop(self, canvas: Image, rng: np.random.Generator) -> Image:
        """Average down, set the light's level, add noise."""
        small = cv2.resize(canvas, (self._size, self._size), interpolation=cv2.INTER_AREA)
        image = small.astype(np.float32) * self._look.light_level
        if self._look.noise_sigma:
            noise = rng.standard_normal(image.shape, np.float32)
            image += self._look.noise_sigma * noise
        developed: Image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
        return developed


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """(3, 3) matrix: yaw to the person's left, pitch up, roll to the left shoulder."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array(
        [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    )
    tilt = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    matrix: Floats = turn @ nod @ tilt
    return matrix


def _open_eyes(head: Head) -> Floats:
    """(V, 3) displacement that opens the lids of the resting face."""
    wide = [ACTIONS.index(name) for name in ("eyeWideLeft", "eyeWideRight")]
    opened: Floats = _OPENNESS * head.action_deltas[wide].sum(0)
    return opened


def _smooth(values: Floats) -> Floats:
    """Smoothstep of 0 to 1."""
    clipped = np.clip(values, 0, 1)
    stepped: Floats = clipped * clipped * (3 - 2 * clipped)
    return stepped
