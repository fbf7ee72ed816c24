"""The head of the controlled corpus: one mesh, 52 facial actions, many people.

People are mixtures of sex, age, ancestry and weight, drawn once from a fixed seed. Metres; x to
the person's left, y up, z forward.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xemogpt.emocue.controlled.looks import IDENTITIES
from xemogpt.errors import UnknownNameError

Floats = NDArray[np.floating[Any]]
_SIDES = ("Left", "Right")


def _both(*names: str) -> tuple[str, ...]:
    return tuple(name + side for name in names for side in _SIDES)


ACTIONS: tuple[str, ...] = (
    *_both("browDown"),
    "browInnerUp",
    *_both("browOuterUp"),
    "cheekPuff",
    *_both("cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp"),
    *_both("eyeSquint", "eyeWide"),
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    *_both("mouthDimple", "mouthFrown"),
    "mouthFunnel",
    "mouthLeft",
    *_both("mouthLowerDown", "mouthPress"),
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    *_both("mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer"),
    "tongueOut",
)
"""ARKit's names, in the order of every array of actions."""

SKIN, LIPS, MOUTH, TONGUE, TEETH, LEFT_EYE, RIGHT_EYE, SOCKET = range(8)
"""What a face of the mesh is."""
_PEOPLE_SEED = 20241


@dataclass(frozen=True)
class Head:
    """Mesh and displacements of V vertices and F triangles."""

    base: NDArray[np.float32]
    """(V, 3)."""
    faces: NDArray[np.int32]
    """(F, 3)."""
    parts: NDArray[np.uint8]
    """(F,): SKIN, LIPS, ..."""
    action_deltas: NDArray[np.float32]
    """(52, V, 3), in the order of ``ACTIONS``."""
    phenotypes: tuple[str, ...]
    phenotype_deltas: NDArray[np.float32]
    """(P, V, 3)."""

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "Head":
        """Read the asset ``head``.

        Args:
            folder: the asset's folder; by default where ``xemogpt pull`` puts it.

        Raises:
            WeightsError: if the asset is not there.
        """
        if folder is None:
            from xemogpt.weights import locate

            folder = locate("head")
        with np.load(Path(folder) / "head.npz") as stored:
            names = [str(name) for name in stored["actions"]]
            order = [names.index(name) for name in ACTIONS]
            return cls(
                base=stored["base"],
                faces=stored["faces"],
                parts=stored["parts"],
                action_deltas=stored["action_deltas"].astype(np.float32)[order],
                phenotypes=tuple(str(name) for name in stored["phenotypes"]),
                phenotype_deltas=stored["phenotype_deltas"].astype(np.float32),
            )

    @property
    def identities(self) -> tuple[str, ...]:
        """Names of the people."""
        return IDENTITIES

    def shape(self, identity: str) -> NDArray[np.float32]:
        """(V, 3): the resting face of a person.

        Raises:
            UnknownNameError: if there is no such person.
        """
        if identity not in IDENTITIES:
            raise UnknownNameError(
                f"no identity {identity!r}; there are {IDENTITIES[0]} to {IDENTITIES[-1]}"
            )
        mixture = mix(IDENTITIES.index(identity))
        weights = np.array([mixture.get(name, 0.0) for name in self.phenotypes], np.float32)
        shaped: NDArray[np.float32] = self.base + np.tensordot(weights, self.phenotype_deltas, 1)
        return shaped


def mix(index: int) -> dict[str, float]:
    """How much of each phenotype target makes person ``index``."""
    rng = np.random.default_rng([_PEOPLE_SEED, index])
    ancestry = rng.dirichlet((0.6, 0.6, 0.6))
    is_male = index % 2 == 1
    male = float(rng.uniform(0.75, 1.0) if is_male else rng.uniform(0.0, 0.25))
    old = float(rng.uniform(0.0, 0.65))
    weight = float(rng.uniform(-0.6, 0.7))
    mixture: dict[str, float] = {}
    for sex, sex_share in (("male", male), ("female", 1 - male)):
        for age, age_share in (("old", old), ("young", 1 - old)):
            share = sex_share * age_share
            for name, part in zip(("african", "asian", "caucasian"), ancestry, strict=True):
                mixture[f"{name}-{sex}-{age}"] = share * float(part)
            extreme = "max" if weight > 0 else "min"
            mixture[f"universal-{sex}-{age}-averagemuscle-{extreme}weight"] = share * abs(weight)
    return mixture
