import subprocess
import sys

import pytest

from xemogpt.emocue.annotators.opening import open_annotators
from xemogpt.emocue.settings import BuildSettings
from xemogpt.errors import ConfigError, MissingDependencyError, UnknownNameError

FIRST, SECOND = "openai:http://localhost:1/v1#m", "openai:http://localhost:2/v1/#org/m:7b"


def opened(*names, path=":memory:"):
    return open_annotators(BuildSettings(annotators=names), path)


def test_endpoints_and_voters():
    (one,) = opened(FIRST)
    assert one.name == FIRST
    (both,) = opened(FIRST, SECOND)
    assert both.name == f"voting({FIRST}; openai:http://localhost:2/v1#org/m:7b)"


def test_the_template_annotator_needs_no_endpoint():
    (one,) = open_annotators(BuildSettings())
    assert one.name == "template"


@pytest.mark.parametrize(
    "name",
    ["openai:http://localhost/v1", "openai:localhost#m", "openai:ftp://a/v1#m", "openai:#m",
     "openai:http://[::1/v1#m", "openai:http:///v1#m"],
)  # fmt: skip
def test_addresses_that_are_none(name):
    with pytest.raises(ConfigError, match="openai:URL#MODEL"):
        opened(name)


@pytest.mark.parametrize("url", ["http://me:s3cret@a/v1", "http://a/v1?key=s3cret"])
def test_secrets_in_an_address_are_refused_and_not_repeated(url):
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as caught:
        opened(f"openai:{url}#m")
    assert "s3cret" not in str(caught.value)


def test_names_that_are_wrong():
    with pytest.raises(UnknownNameError, match="'templat'"):
        opened("templat")
    with pytest.raises(ConfigError, match="named twice"):
        opened(FIRST, FIRST)
    with pytest.raises(ConfigError, match="no annotator"):
        opened()


def test_answers_are_kept_in_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XEMOGPT_CACHE", str(tmp_path))
    (one,) = open_annotators(BuildSettings(annotators=(FIRST,)))
    one.close()
    assert (tmp_path / "annotator-answers.sqlite").is_file()


def test_httpx_is_needed_for_endpoints_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingDependencyError, match=r"xemogpt\[llm\]"):
        opened(FIRST)


def test_nothing_heavy_is_imported():
    code = (
        "import sys, xemogpt.emocue.annotators.opening;"
        "sys.exit(bool({'httpx', 'torch', 'cv2', 'av'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
