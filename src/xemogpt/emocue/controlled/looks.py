"""Who is seen, and how: a look is drawn for a split and under conditions."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np

from xemogpt.emocue.controlled.script import Look, Rgb
from xemogpt.emocue.records import Split
from xemogpt.errors import UnknownNameError

NUM_IDENTITIES = 60
IDENTITIES = tuple(f"id-{index:03d}" for index in range(NUM_IDENTITIES))
CONDITIONS = ("dark", "side-pose", "small-face", "occlusion", "noise")

T = TypeVar("T")

_SKINS: tuple[Rgb, ...] = (
    (232, 194, 170),
    (219, 176, 150),
    (201, 156, 128),
    (178, 130, 100),
    (150, 105, 80),
    (118, 80, 60),
)
_HAIRS: tuple[Rgb, ...] = (
    (32, 26, 24),
    (58, 40, 30),
    (92, 62, 40),
    (150, 112, 66),
    (120, 58, 36),
    (128, 126, 124),
)
_IRISES: tuple[Rgb, ...] = ((62, 42, 28), (86, 62, 38), (70, 96, 78), (78, 108, 140))


def identities_of(split: Split) -> tuple[str, ...]:
    """The people of a split: of every ten, eight train, one validates and one tests."""
    wanted = {"train": range(8), "validation": (8,), "test": (9,)}[split]
    return tuple(name for index, name in enumerate(IDENTITIES) if index % 10 in wanted)


def draw_look(rng: np.random.Generator, split: Split, conditions: tuple[str, ...] = ()) -> Look:
    """A person of the split, dressed, lit and framed.

    Args:
        rng: the only source of chance.
        split: decides who can be drawn.
        conditions: of ``CONDITIONS``; each makes the face harder to read in its way.

    Raises:
        UnknownNameError: if a condition is not known.
    """
    unknown = sorted(set(conditions) - set(CONDITIONS))
    if unknown:
        raise UnknownNameError(
            f"no condition {', '.join(map(repr, unknown))}; there are {', '.join(CONDITIONS)}"
        )
    skin = _vary(_one(rng, _SKINS), rng, 8)
    hair = _vary(_one(rng, _HAIRS), rng, 8)
    look: dict[str, Any] = {
        "identity": _one(rng, identities_of(split)),
        "skin": skin,
        "hair": hair,
        "brow": _brow(hair, skin),
        "iris": _vary(_one(rng, _IRISES), rng, 6),
        "lip": _lip(skin),
        "hair_style": _one(rng, ("short", "short", "long", "long", "bun", "bald")),
        "top": _any_colour(rng, 30, 190),
        "light_azimuth_deg": round(float(rng.uniform(-35, 35)), 1),
        "light_level": round(float(rng.uniform(0.9, 1.1)), 2),
        "background": _any_colour(rng, 50, 200),
        "background_style": _one(rng, ("plain", "gradient", "stripes", "room")),
        "camera_yaw_deg": round(float(rng.uniform(-5, 5)), 1),
        "camera_pitch_deg": round(float(rng.uniform(-3, 3)), 1),
        "face_width": round(float(rng.uniform(0.38, 0.46)), 3),
        "offset_x": round(float(rng.uniform(-0.04, 0.04)), 3),
        "offset_y": round(float(rng.uniform(-0.03, 0.03)), 3),
    }
    for name in CONDITIONS:
        if name in conditions:
            look |= _HARDER[name](rng)
    return Look(**look)


def _dark(rng: np.random.Generator) -> dict[str, object]:
    return {"light_level": round(float(rng.uniform(0.3, 0.45)), 2)}


def _side_pose(rng: np.random.Generator) -> dict[str, object]:
    side = 1 if rng.random() < 0.5 else -1
    return {"camera_yaw_deg": round(side * float(rng.uniform(18, 28)), 1)}


def _small_face(rng: np.random.Generator) -> dict[str, object]:
    return {
        "face_width": round(float(rng.uniform(0.22, 0.28)), 3),
        "offset_x": round(float(rng.uniform(-0.12, 0.12)), 3),
        "offset_y": round(float(rng.uniform(-0.08, 0.04)), 3),
    }


def _occlusion(rng: np.random.Generator) -> dict[str, object]:
    kinds: tuple[Literal["glasses", "hand-on-chin", "hair-over-brow"], ...] = (
        "glasses",
        "hand-on-chin",
        "hair-over-brow",
    )
    kind = _one(rng, kinds)
    # Hair can only fall over a brow where there is some.
    return {"occlusion": kind} | ({"hair_style": "short"} if kind == "hair-over-brow" else {})


def _noise(rng: np.random.Generator) -> dict[str, object]:
    return {"noise_sigma": round(float(rng.uniform(7, 14)), 1)}


_HARDER: dict[str, Callable[[np.random.Generator], dict[str, object]]] = {
    "dark": _dark,
    "side-pose": _side_pose,
    "small-face": _small_face,
    "occlusion": _occlusion,
    "noise": _noise,
}


def _one(rng: np.random.Generator, choices: tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]


def _any_colour(rng: np.random.Generator, low: int, high: int) -> Rgb:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def _vary(colour: Rgb, rng: np.random.Generator, amount: int) -> Rgb:
    shift = rng.integers(-amount, amount + 1, 3)
    return _rgb(np.array(colour) + shift)


def _brow(hair: Rgb, skin: Rgb) -> Rgb:
    """As the hair, but never as light as the skin: brows must be seen."""
    limit = 0.42 * float(np.mean(skin)) / max(1.0, float(np.mean(hair)))
    return _rgb(np.array(hair) * min(1.0, limit))


def _lip(skin: Rgb) -> Rgb:
    return _rgb(np.array(skin) * (0.84, 0.56, 0.58))


def _rgb(values: Any) -> Rgb:
    red, green, blue = (int(value) for value in np.clip(np.rint(values), 0, 255))
    return red, green, blue
