import errno
import os

import pytest

from xemogpt.errors import OutputError
from xemogpt.files import atomic_write


def test_writes_and_creates_parents(tmp_path):
    with atomic_write(tmp_path / "deep" / "a.txt") as file:
        file.write("ä")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == "ä".encode()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(target) as file:
        file.write("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="No space left"), atomic_write(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OutputError, match="cannot write"), atomic_write(tmp_path) as file:
        file.write("x")


def test_follows_the_umask(tmp_path):
    with atomic_write(tmp_path / "a") as file:
        file.write("x")
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~umask
