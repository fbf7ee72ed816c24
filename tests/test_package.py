import subprocess
import sys

import pytest

import xemogpt


def modules_after(code: str) -> set[str]:
    """Names of heavy packages that ``code`` imports, in a fresh process."""
    probe = (
        f"{code}\nimport sys\n"
        "print(*(m for m in ('torch','transformers','numpy','pydantic','cv2') if m in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_costs_nothing():
    assert modules_after("import xemogpt") == set()


def test_the_command_line_root_costs_nothing():
    assert modules_after("import xemogpt.cli.app") == set()


def test_the_measured_path_needs_no_torch():
    heavy = modules_after("import xemogpt.inference, xemogpt.signals, xemogpt.media")
    assert heavy.isdisjoint({"torch", "transformers"})


def test_public_names_resolve():
    for name in xemogpt.__all__:
        assert getattr(xemogpt, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Explainr"):
        _ = xemogpt.Explainr
