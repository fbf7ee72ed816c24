import pickle

import pytest
import torch
from safetensors.torch import save_file

from xemogpt.errors import CheckpointError, OutputError
from xemogpt.model.checkpoint import PublishedFile, read_checkpoint, write_checkpoint

TENSORS = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.ones(2, dtype=torch.bfloat16)}


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def assert_holds_tensors(path, prefix="", is_nested=False):
    file = read_checkpoint(path)
    assert list(file.tensors) == list(TENSORS)
    assert all(torch.equal(file.tensors[name], TENSORS[name]) for name in TENSORS)
    assert (file.prefix, file.is_nested) == (prefix, is_nested)


def test_plain_lightning_nested_and_safetensors_files(tmp_path):
    torch.save(TENSORS, tmp_path / "plain.ckpt")
    assert_holds_tensors(tmp_path / "plain.ckpt")
    prefixed = {f"model.{name}": tensor for name, tensor in TENSORS.items()}
    torch.save({"epoch": 3, "state_dict": prefixed}, tmp_path / "lightning.ckpt")
    assert_holds_tensors(tmp_path / "lightning.ckpt", "model.", is_nested=True)
    save_file(TENSORS, tmp_path / "a.safetensors")
    assert_holds_tensors(tmp_path / "a.safetensors")
    torch.save(TENSORS, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    assert_holds_tensors(tmp_path / "old.ckpt")


@pytest.mark.parametrize("as_zip", [True, False])
def test_malicious_pickle_is_refused_and_runs_nothing(tmp_path, as_zip):
    canary, path = tmp_path / "canary", tmp_path / "evil.ckpt"
    payload = {"a": torch.zeros(1), "b": Bomb(canary)}
    torch.save(payload, path, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(CheckpointError, match="refused"):
        read_checkpoint(path)
    assert not canary.exists()


def test_bare_malicious_pickle_is_refused(tmp_path):
    canary, path = tmp_path / "canary", tmp_path / "evil.ckpt"
    path.write_bytes(pickle.dumps(Bomb(canary)))
    with pytest.raises(CheckpointError):
        read_checkpoint(path)
    assert not canary.exists()
    pickle.loads(path.read_bytes()).close()
    assert canary.exists(), "the bomb would have gone off"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": torch.zeros(1), "epoch": 3}, "epoch among them"),
        ([torch.zeros(1)], "list"),
        ({}, "empty"),
        ({"state_dict": {"a": 1.5}}, "a among them"),
    ],
)
def test_anything_but_named_tensors_is_an_error(tmp_path, content, message):
    torch.save(content, tmp_path / "x.ckpt")
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(tmp_path / "x.ckpt")


def test_absent_damaged_and_foreign_files(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint file"):
        read_checkpoint(tmp_path / "none.ckpt")
    torch.save(TENSORS, tmp_path / "cut.ckpt")
    whole = (tmp_path / "cut.ckpt").read_bytes()
    (tmp_path / "cut.ckpt").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.ckpt").write_text("not a checkpoint")
    (tmp_path / "nothing.ckpt").write_bytes(b"")
    (tmp_path / "text.safetensors").write_text("not a checkpoint")
    for name in ("cut.ckpt", "text.ckpt", "nothing.ckpt", "text.safetensors"):
        with pytest.raises(CheckpointError):
            read_checkpoint(tmp_path / name)


@pytest.mark.parametrize(
    ("prefix", "is_nested"), [("", False), ("model.", False), ("model.", True)]
)
def test_written_is_read_as_it_was(tmp_path, prefix, is_nested):
    write_checkpoint(tmp_path / "x.ckpt", PublishedFile(TENSORS, prefix, is_nested))
    assert_holds_tensors(tmp_path / "x.ckpt", prefix, is_nested)


def test_safetensors_are_written_too_but_not_nested(tmp_path):
    write_checkpoint(tmp_path / "x.safetensors", PublishedFile(TENSORS, "model."))
    assert_holds_tensors(tmp_path / "x.safetensors", "model.")
    with pytest.raises(OutputError, match="nested"):
        write_checkpoint(tmp_path / "y.safetensors", PublishedFile(TENSORS, "", True))
