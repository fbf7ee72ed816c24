import hashlib

import pytest

from xemogpt.encoders.sources import Reference, check_hashes, hash_files, source_hashes
from xemogpt.encoders.sources import resolve_source as resolve
from xemogpt.errors import UnknownNameError, WeightsError


def test_only_files_that_change_features_are_hashed(tmp_path):
    for name in ("model.safetensors", "config.json", "README.md", "tokenizer.json"):
        (tmp_path / name).write_text(name)
    expected = {
        n: hashlib.sha256(n.encode()).hexdigest() for n in ("config.json", "model.safetensors")
    }
    assert hash_files(tmp_path) == source_hashes(tmp_path) == expected


def test_a_folder_is_itself_and_a_name_that_is_nothing_is_an_error(tmp_path):
    assert resolve(tmp_path) == tmp_path
    with pytest.raises(UnknownNameError, match="whisper-bace"):
        resolve("whisper-bace")
    for place in ("./missing", "/missing/folder", "a/b/c"):
        with pytest.raises(WeightsError, match="give an existing folder"):
            resolve(place)


def test_a_hub_that_cannot_be_reached_is_an_error_that_says_what_to_do(monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(WeightsError, match=r"cannot get 'someone/something'.*give the folder"):
        resolve("someone/something")


def test_towers_published_as_bin_only_are_fetched_too(monkeypatch, tmp_path):
    asked = []

    def download(hub_id, revision, allow_patterns):
        asked.extend(allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert resolve("someone/something", "abc") == tmp_path
    assert "pytorch_model*.bin" in asked
    (tmp_path / "model.safetensors").touch()
    asked.clear()
    resolve("someone/something")
    assert "pytorch_model*.bin" not in asked


def test_settings_may_differ_and_weights_may_not():
    reference = Reference(name="clip", sha256={"config.json": "a", "model.safetensors": "b"})
    check_hashes(reference, {"config.json": "other", "model.safetensors": "b"})
    with pytest.raises(WeightsError, match=r"model\.safetensors: differs"):
        check_hashes(reference, {"config.json": "a", "model.safetensors": "c"})


@pytest.mark.weights
@pytest.mark.parametrize("asset", ["whisper-base", "face-landmarker"])
def test_an_asset_has_the_hashes_of_its_files(asset):
    assert source_hashes(asset) == hash_files(resolve(asset)) != {}
