import subprocess
import sys

import pytest

from xemogpt.errors import UnknownNameError
from xemogpt.registry import Registry, audio_encoders


def test_an_unknown_name_lists_the_known_ones_and_a_guess():
    with pytest.raises(UnknownNameError, match=r"hubert.*Did you mean 'whisper'"):
        audio_encoders.get("wisper")


def test_a_name_is_taken_once():
    things = Registry("thing")
    things.register("a", "json:loads")
    things.register("a", "json:loads")
    with pytest.raises(ValueError, match="already registered"):
        things.register("a", "json:dumps")


def test_an_object_may_be_registered_itself():
    things = Registry("thing")
    things.register("me", test_a_name_is_taken_once)
    assert things.get("me") is test_a_name_is_taken_once


def test_listing_names_imports_nothing_heavy():
    code = (
        "import sys, xemogpt.registry as r; r.video_encoders.names();"
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
