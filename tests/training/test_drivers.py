"""E3, E4 and the GPU benchmark at a size that takes seconds: every stage, and going on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.benchmark.folders import make_records
from tests.training.conftest import write_corpus

from xemogpt.model.tiny import build_tiny
from xemogpt.training.sft import _merged

ROOT = Path(__file__).parents[2]


def run(name, *arguments, seconds=150):
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *map(str, arguments)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A corpus, a task, a tiny backbone, and the config of a training of two steps."""
    folder = tmp_path_factory.mktemp("drivers")
    corpus = write_corpus(folder / "c", 8, 2)
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    for row in rows:
        row["cues"]["emotional"] = [{"text": "expresses joy", "kind": "happy"}]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    make_records(folder / "task", 2)
    model, processor = build_tiny(lora=None)
    model.language_model.save_pretrained(folder / "llm")
    processor.tokenizer.save_pretrained(folder / "llm")
    config = {
        "data": {"corpus": str(corpus)},
        "model": {
            "changes": {
                "backbone": str(folder / "llm"),
                "video": {"name": "tiny-video"},
                "audio": {"name": "tiny-audio"},
                "video_bridge": {"dim": 32},
            }
        },
        "train": {
            "output_dir": "set by the driver", "max_steps": 2, "batch_size": 2, "device": "cpu",
            "tensorboard": False,
        },
    }  # fmt: skip
    (folder / "sft.yaml").write_text(json.dumps(config))
    return folder


def test_another_encoder_does_not_inherit_options():
    old = {"audio": {"name": "whisper", "options": {"layers": [2]}}, "lora": {"r": 16, "alpha": 32}}
    found = _merged(old, {"audio": {"name": "hubert"}, "lora": {"r": 4}})
    assert found == {"audio": {"name": "hubert"}, "lora": {"r": 4, "alpha": 32}}


@pytest.mark.slow
@pytest.mark.weights
def test_e3_trains_runs_and_compares_and_goes_on(place):
    arguments = (
        *("--config", place / "sft.yaml", "--task", place / "task", "--seeds", 0),
        *("--only", "full", "text only", "--work", place / "w", "--out", place / "e3"),
    )
    run("e3_xemogpt", *arguments)
    found = json.loads((place / "e3.json").read_text())
    assert found["num_samples"] == 2
    assert {"full", "text only"} <= set(found["rows"])
    assert any(name.startswith("cheating: ") for name in found["rows"])
    assert found["rows"]["text only"]["base_minus_this"]["low"] <= 0
    table = (place / "e3.md").read_text()
    assert "| full | 0." in table and "| text only | 0." in table
    chosen = place / "w" / "text_only" / "0" / "sft" / "model" / "config.json"
    assert json.loads(chosen.read_text())["video_encoder"] is None
    before = {path: path.stat().st_mtime_ns for path in (place / "w").rglob("*.json")}
    second = run("e3_xemogpt", *arguments)
    assert "train" not in second.stderr  # everything was there
    assert before == {path: path.stat().st_mtime_ns for path in (place / "w").rglob("*.json")}


def test_e4_parts_lie_within_each_other(place, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from e4_data_size import write_part

    kept = {}
    for divisor in (8, 4, 1):
        out = place / f"part{divisor}.jsonl"
        assert write_part(place / "c" / "corpus.jsonl", out, divisor, 0) == 8 // divisor
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert sum(row["split"] == "validation" for row in rows) == 2
        assert all(Path(row["media"]).exists() for row in rows)
        kept[divisor] = {row["id"] for row in rows}
    assert kept[8] < kept[4] < kept[1]
    write_part(place / "c" / "corpus.jsonl", place / "other.jsonl", 4, 1)
    other = {json.loads(line)["id"] for line in (place / "other.jsonl").read_text().splitlines()}
    assert other != kept[4]


@pytest.mark.slow
def test_the_gpu_benchmark_at_tiny_size():
    out = json.loads(run("gpu_reference", "--size", "tiny", "--device", "cpu", "--steps", 1).stdout)
    assert out["plain"]["loss"] == pytest.approx(out["checkpointing"]["loss"], abs=0.05)
    assert out["plain"]["step_s"] > 0 and out["generation"]["tokens_s"] > 0
    refused = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "gpu_reference.py")],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2 and "there is no GPU here" in refused.stderr
