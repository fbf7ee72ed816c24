"""``xemogpt score`` as users run it, with the seeded encoder."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.errors import XEmoGPTError

ATTACK = "</script><img src=x onerror=alert(1)><!--"
TARGET = {
    "a": {"visual": ["she smiles", ATTACK], "auditory": ["the pitch rises"], "emotional": []},
    "b": {"visual": ["he looks down"], "auditory": [], "emotional": ["he is sad"]},
    ATTACK: {"visual": ["arms crossed"], "auditory": [], "emotional": []},
}
PRED = {
    "a": {"visual": ["she smiles", ATTACK], "auditory": ["the pitch falls"], "emotional": []},
    "c": {"visual": ["no reference"]},
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    made = {}
    for name, content in (("pred", PRED), ("target", TARGET)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        made[name] = str(path)
    return made


def run(*args: str) -> str:
    result = CliRunner().invoke(app, ["score", *args, "--encoder", "tiny-text"])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_has_the_published_shape(files: dict[str, str]) -> None:
    shown = json.loads(run(files["pred"], files["target"], "--json"))
    assert set(shown) >= {
        "visual", "auditory", "emotional", "overall", "protocol", "intervals", "baselines",
        "per_sample", "versions",
    }  # fmt: skip
    assert set(shown["overall"]) == {"precision", "recall", "f1"}
    assert shown["per_sample"]["b"]["missing"] is True
    assert shown["counts"]["only_in_preds_ids"] == ["c"]
    assert shown["per_sample"]["a"]["auditory"]["contradicted"]
    assert shown["versions"]["encoder"] == "tiny-text-64-0"


def test_table_names_what_was_not_counted(files: dict[str, str]) -> None:
    shown = run(files["pred"], files["target"])
    assert "overall" in shown
    assert "very long answer" in shown
    assert "2 without a prediction" in " ".join(shown.split())


def test_two_systems_in_one_command(files: dict[str, str], tmp_path: Path) -> None:
    page, table = tmp_path / "page.html", tmp_path / "scores.csv"
    arguments = ["--compare", files["target"], files["pred"], files["target"]]
    shown = run(*arguments, "--html", str(page), "--csv", str(table))
    assert "target is better than pred by" in " ".join(shown.split()) or "may be chance" in shown
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "system,name,modality,precision,recall,f1"
    assert len(lines) == 1 + 2 * 4 * (3 + 1)
    compared = json.loads(run(*arguments, "--json"))
    assert compared["comparison"]["overall"]["difference"] > 0
    assert 0 < compared["comparison"]["overall"]["p_value"] <= 1


def test_the_page_is_self_contained_and_shows_user_text_as_text(
    files: dict[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    run(files["pred"], files["target"], "--html", str(page))
    html = page.read_text(encoding="utf-8")
    assert html.count("</script>") == 2, "user text must not end the script element"
    assert "<img" not in html
    assert "<!--" not in html
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", html)
    assert "innerHTML" not in html
    data = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert data is not None
    system = json.loads(data[1])["systems"][0]
    assert ATTACK in [sample["id"] for sample in system["samples"]]


def test_wrong_number_of_files_is_a_usage_error(files: dict[str, str]) -> None:
    result = CliRunner().invoke(app, ["score", files["pred"]])
    assert result.exit_code == 2
    assert "expected PRED TARGET" in result.output


def test_a_bad_file_is_one_clear_line(files: dict[str, str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"a": {"visual": "text"}}', encoding="utf-8")
    with pytest.raises(XEmoGPTError, match=r"bad\.json, sample 'a', field 'visual'"):
        run(str(bad), files["target"])
    with pytest.raises(XEmoGPTError, match="unknown text encoder"):
        CliRunner().invoke(
            app, ["score", files["pred"], files["target"], "--encoder", "none"],
            catch_exceptions=False,
        )  # fmt: skip
