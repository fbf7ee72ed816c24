"""MakeHuman's base mesh to a head: ``python -m xemogpt.weights.convert_head SOURCE TARGET``.

Reads the mesh, the targets of sex, age, ancestry and weight, and the 52 facial actions; keeps the
head and the neck; writes ``head.npz``. Lengths become metres. x is to the person's left, y up,
z forward.
"""

import gzip
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xemogpt.errors import WeightsError

Array = NDArray[Any]
PARTS = ("skin", "lips", "mouth", "tongue", "teeth", "left-eye", "right-eye", "socket")
"""What a face of the mesh is; its class is the place in this tuple."""
_GROUPS = {
    "body": 0,
    "helper-tongue": 3,
    "helper-upper-teeth": 4,
    "helper-lower-teeth": 4,
    "helper-l-eye": 5,
    "helper-r-eye": 6,
}
_METRES = 0.1
_NECK_M = 0.045
"""How much is kept below what the facial actions move."""


def convert(source: Path, target: Path) -> None:
    """Write ``head.npz``.

    Args:
        source: folder with ``base.obj``, ``actions/*.target``, ``phenotypes/*.target.gz``,
            ``mpfb_lips.jpg`` and ``mpfb_inside-mouth.jpg``.
        target: existing folder.

    Raises:
        WeightsError: if the mesh or a target is not as expected.
    """
    vertices, uv, faces, uv_faces, parts = read_mesh(source / "base.obj")
    actions = {
        path.stem: read_target(path.read_text("utf-8"), len(vertices))
        for path in sorted((source / "actions").glob("*.target"))
    }
    shapes = {
        path.name.removesuffix(".target.gz"): read_target(
            gzip.decompress(path.read_bytes()).decode("utf-8"), len(vertices)
        )
        for path in sorted((source / "phenotypes").glob("*.target.gz"))
    }
    if not actions or not shapes:
        raise WeightsError(f"{source} holds {len(actions)} actions and {len(shapes)} phenotypes")
    moved = np.max([np.abs(delta).max(1) for delta in actions.values()], axis=0) > 1e-4
    middle = uv[uv_faces].mean(1)
    skin = parts == 0
    parts[skin & _masked(source / "mpfb_lips.jpg", middle)] = 1
    parts[skin & _masked(source / "mpfb_inside-mouth.jpg", middle)] = 2
    _mark_sockets(vertices, faces, parts)
    faces, parts = _triangles(faces, parts)
    kept_height = vertices[moved][:, 1].min() - _NECK_M
    inside = (vertices[:, 1] > kept_height)[faces].all(1)
    faces, parts = faces[inside], parts[inside]
    used, flat = np.unique(faces, return_inverse=True)
    np.savez_compressed(
        target / "head.npz",
        base=vertices[used].astype(np.float32),
        faces=flat.reshape(-1, 3).astype(np.int32),
        parts=parts,
        actions=np.array(list(actions)),
        action_deltas=np.stack([delta[used] for delta in actions.values()]).astype(np.float16),
        phenotypes=np.array(list(shapes)),
        phenotype_deltas=np.stack([delta[used] for delta in shapes.values()]).astype(np.float16),
    )


def read_mesh(path: Path) -> tuple[Array, Array, Array, Array, Array]:
    """Vertices (V, 3) in metres, texture points (T, 2), quads (F, 4), their texture points, class.

    Faces of groups that are no part of a head are left out.

    Raises:
        WeightsError: if a face of the head has not four corners.
    """
    vertices, uv, faces, uv_faces, parts = [], [], [], [], []
    part: int | None = None
    for line in path.read_text("utf-8").splitlines():
        key, *values = line.split() or [""]
        if key == "v":
            vertices.append([float(value) for value in values])
        elif key == "vt":
            uv.append([float(value) for value in values[:2]])
        elif key == "g":
            part = _GROUPS.get(values[0])
        elif key == "f" and part is not None:
            corners = [value.split("/") for value in values]
            if len(corners) != 4:
                raise WeightsError(f"{path.name}: a face has {len(corners)} corners, not 4")
            faces.append([int(corner[0]) - 1 for corner in corners])
            uv_faces.append([int(corner[1]) - 1 for corner in corners])
            parts.append(part)
    return (
        np.array(vertices) * _METRES,
        np.array(uv),
        np.array(faces),
        np.array(uv_faces),
        np.array(parts, np.uint8),
    )


def read_target(text: str, num_vertices: int) -> Array:
    """Displacements (V, 3) in metres from lines ``vertex dx dy dz``.

    Raises:
        WeightsError: if a line is not of that form or names a vertex that is not there.
    """
    delta = np.zeros((num_vertices, 3))
    for line in text.splitlines():
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) != 4 or not 0 <= int(fields[0]) < num_vertices:
            raise WeightsError(f"a target's line should be 'vertex dx dy dz', is {line!r}")
        delta[int(fields[0])] = [float(field) * _METRES for field in fields[1:]]
    return delta


def _masked(path: Path, points: Array) -> Array:
    """Whether the texture mask is bright at each (u, v); the last (N,) booleans."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise WeightsError(f"{path.name} is no picture")
    height, width = image.shape
    rows = np.clip(((1 - points[:, 1]) * height).astype(int), 0, height - 1)
    columns = np.clip((points[:, 0] * width).astype(int), 0, width - 1)
    bright: Array = image[rows, columns] > 128
    return bright


def _mark_sockets(vertices: Array, faces: Array, parts: Array) -> None:
    """Skin behind the front of an eyeball is the wall of its socket."""
    for eye in (5, 6):
        ball = vertices[np.unique(faces[parts == eye])]
        centre = ball.mean(0)
        radius = np.ptp(ball[:, 1]) / 2
        offset = vertices[faces].mean(1) - centre
        near = (np.linalg.norm(offset, axis=1) < 1.5 * radius) & (offset[:, 2] < 0.35 * radius)
        parts[(parts == 0) & near] = 7


def _triangles(faces: Array, parts: Array) -> tuple[Array, Array]:
    """Each quad as two triangles."""
    halves = np.stack([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]], axis=1)
    return halves.reshape(-1, 3), np.repeat(parts, 2)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
