"""``xemogpt ui``: what is refused before anything listens."""

from typer.testing import CliRunner

from xemogpt.cli.app import app
from xemogpt.errors import DatasetError


def test_no_tunnel_is_opened():
    result = CliRunner().invoke(app, ["ui", "--share", "on"])
    assert result.exit_code == 2
    assert "expected off" in result.output


def test_a_folder_that_is_no_set_is_told_with_the_command(tmp_path):
    result = CliRunner().invoke(app, ["ui", "--annotate", str(tmp_path)])
    assert isinstance(result.exception, DatasetError)
    assert "xemogpt bench make plan" in str(result.exception)
