import pytest

from xemogpt.config import Config, load_config
from xemogpt.errors import ConfigError


class Optimiser(Config):
    lr: float = 1e-3
    warmup: int = 0


class Run(Config):
    optimiser: Optimiser = Optimiser()
    seed: int = 0


def write(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    return path


def test_overrides_win(tmp_path):
    path = write(tmp_path, "optimiser: {lr: 0.1, warmup: 5}\n")
    run = load_config(Run, path, ["optimiser.lr=1e-4", "seed=3"])
    assert run == Run(optimiser=Optimiser(lr=1e-4, warmup=5), seed=3)


def test_every_problem_is_listed_at_once(tmp_path):
    path = write(tmp_path, "optimiser: {lrr: 1, warmup: many}\nsede: 1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(Run, path)
    assert all(word in str(caught.value) for word in ("optimiser.lrr", "optimiser.warmup", "sede"))


@pytest.mark.parametrize(
    ("text", "message"),
    [("- a\n", "mapping"), ("a: [\n", "not valid YAML")],
)
def test_a_malformed_file_is_named(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(Run, write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        load_config(Run, tmp_path / "none.yaml")


@pytest.mark.parametrize("override", ["seed", "=1", "seed.deep=1"])
def test_a_bad_override_is_named(tmp_path, override):
    with pytest.raises(ConfigError, match="--set"):
        load_config(Run, write(tmp_path, "seed: 1\n"), [override])


def test_an_empty_file_means_the_defaults(tmp_path):
    assert load_config(Run, write(tmp_path, "")) == Run()
