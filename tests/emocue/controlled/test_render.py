import time

import numpy as np
import pytest

from xemogpt.emocue.controlled.head import ACTIONS, Floats, Head
from xemogpt.emocue.controlled.looks import CONDITIONS, draw_look
from xemogpt.emocue.controlled.render import Renderer, rotation
from xemogpt.emocue.controlled.script import Look

AHEAD = np.zeros(3, np.float32)


def acted(**strengths: float) -> Floats:
    actions = np.zeros(52, np.float32)
    for name, strength in strengths.items():
        found = [i for i, action in enumerate(ACTIONS) if action.removesuffix("Left") == name]
        found += [i for i, action in enumerate(ACTIONS) if action == f"{name}Right"]
        actions[found] = strength
    return actions


@pytest.mark.parametrize(
    ("angles", "point", "towards"),
    [((20, 0, 0), (0, 0, 1), 0), ((0, 20, 0), (0, 0, 1), 1), ((0, 0, 20), (0, 1, 0), 0)],
)
def test_positive_turns_go_left_up_and_to_the_left_shoulder(
    angles: tuple[float, float, float], point: tuple[float, ...], towards: int
) -> None:
    turned = rotation(*angles) @ np.array(point)
    assert turned[towards] == pytest.approx(np.sin(np.radians(20)))


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


def look(**changes: object) -> Look:
    return draw_look(np.random.default_rng(1), "train").model_copy(update=changes)


@pytest.mark.controlled
def test_same_input_gives_the_same_pixels_and_noise_comes_from_the_generator(head: Head) -> None:
    renderer = Renderer(head, look(noise_sigma=10.0), 128)
    first = renderer.render(acted(jawOpen=0.5), AHEAD, np.random.default_rng(1))
    same = renderer.render(acted(jawOpen=0.5), AHEAD, np.random.default_rng(1))
    other = renderer.render(acted(jawOpen=0.5), AHEAD, np.random.default_rng(2))
    assert first.shape == (128, 128, 3) and first.dtype == np.uint8
    assert (first == same).all() and (first != other).any()


@pytest.mark.controlled
def test_the_light_dims_and_each_occlusion_shows(head: Head) -> None:
    def drawn(**changes: object) -> Floats:
        renderer = Renderer(head, look(**changes), 128)
        return renderer.render(acted(), AHEAD, np.random.default_rng(0)).astype(float)

    plain = drawn()
    assert drawn(light_level=0.3).mean() < 0.4 * plain.mean()
    for kind in ("glasses", "hand-on-chin", "hair-over-brow"):
        assert (np.abs(drawn(occlusion=kind) - plain).max(2) > 30).sum() > 20, kind


@pytest.mark.controlled
def test_a_frame_takes_little_time(head: Head) -> None:
    renderer = Renderer(head, look(), 256)
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        renderer.render(acted(mouthSmile=1), AHEAD, np.random.default_rng(0))
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.12  # 25 ms on a free core


@pytest.mark.controlled
def test_the_detector_reads_what_is_acted(head: Head) -> None:
    from xemogpt.encoders.face_landmarks import BLENDSHAPES, FaceLandmarker
    from xemogpt.media import Frame

    landmarker = FaceLandmarker()
    renderer = Renderer(head, look(), 256)

    def read(actions: Floats, pose: Floats = AHEAD) -> tuple[dict[str, float], Floats]:
        image = renderer.render(actions, pose, np.random.default_rng(0))
        track = landmarker.track([Frame(image=image, time_s=0.0)])
        assert track.num_faces[0] == 1
        return dict(zip(BLENDSHAPES, track.blendshapes[0], strict=True)), track.head_pose[0]

    rest, ahead = read(acted())
    for action, shape, gain in (
        ("mouthSmile", "mouthSmileLeft", 0.5),
        ("browDown", "browDownLeft", 0.2),
        ("browInnerUp", "browInnerUp", 0.4),
        ("eyeBlink", "eyeBlinkRight", 0.4),
        ("jawOpen", "jawOpen", 0.4),
        ("eyeLookDown", "eyeLookDownLeft", 0.1),
    ):
        assert read(acted(**{action: 1.0}))[0][shape] - rest[shape] > gain, action
    _, turned = read(acted(), np.array([20, 0, 0], np.float32))
    assert 14 < turned[0] - ahead[0] < 30


@pytest.mark.controlled
def test_every_condition_draws(head: Head) -> None:
    for index, condition in enumerate(CONDITIONS):
        drawn = draw_look(np.random.default_rng(index), "test", (condition,))
        image = Renderer(head, drawn, 96).render(acted(), AHEAD, np.random.default_rng(0))
        assert image.std() > 5
