"""Sentence encoders: against sentence-transformers, and against themselves."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from xemogpt.encoders.text import (
    MiniLMBf16TextEncoder,
    MiniLMInt8TextEncoder,
    MiniLMTextEncoder,
    TextEncoder,
    TinyTextEncoder,
    _batches,
)
from xemogpt.errors import WeightsError

TEXTS = ["She smiles.", "", "   ", "一位女士在微笑。", "😊", "a " * 400,
         "He looks down, then away.",
         "x" * 300, "The pitch rises.", "The pitch rises. "]  # fmt: skip


@pytest.mark.weights
def test_minilm_equals_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    encoder = MiniLMTextEncoder()
    expected = SentenceTransformer(str(encoder.folder), device="cpu").encode(
        TEXTS, show_progress_bar=False
    )
    found = encoder.encode(TEXTS)
    np.testing.assert_allclose(found, expected, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert isinstance(encoder, TextEncoder)
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.weights
def test_bfloat16_moves_no_cosine_by_more_than_it_says() -> None:
    fast, full = MiniLMBf16TextEncoder(), MiniLMTextEncoder()
    first, second = fast.encode(TEXTS), full.encode(TEXTS)
    assert np.abs(first @ first.T - second @ second.T).max() < 0.005
    assert fast.fingerprint == full.fingerprint.replace("minilm", "minilm-bf16")


@pytest.mark.parametrize("kind", [MiniLMTextEncoder, MiniLMInt8TextEncoder])
def test_a_folder_without_weights_is_a_clear_error(kind: type, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds no model"):
        kind(tmp_path)


@pytest.mark.weights
def test_int8_is_close_to_full_precision_and_needs_no_torch() -> None:
    fast = MiniLMInt8TextEncoder()
    similarity = (fast.encode(TEXTS) * MiniLMTextEncoder().encode(TEXTS)).sum(axis=1)
    assert similarity.min() > 0.98
    code = (
        "import sys; from xemogpt.metrics import EmoCue360; m = EmoCue360(encoder='minilm-int8');"
        "x = {'a': {'visual': ['she smiles']}}; assert m.score(x, x).overall.f1 == 1;"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tiny_is_seeded_and_knows_shared_words() -> None:
    first, again, other = TinyTextEncoder(), TinyTextEncoder(), TinyTextEncoder(seed=1)
    np.testing.assert_array_equal(first.encode(TEXTS), again.encode(TEXTS))
    assert not np.allclose(first.encode(TEXTS), other.encode(TEXTS))
    vectors = first.encode(["she smiles", "she smiled", "a red coat"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_batches_hold_every_row_once_within_the_budget() -> None:
    generator = np.random.default_rng(0)
    ids = [list(range(int(n))) for n in generator.integers(1, 60, 200)]
    rows = []
    for batch, padded, mask in _batches(ids, batch_tokens=256):
        assert padded.size <= 256
        assert mask.sum(axis=1).tolist() == [len(ids[row]) for row in batch]
        rows += batch
    assert sorted(rows) == list(range(200))
    unpadded = list(_batches(ids, batch_tokens=256, use_padding=False))
    assert all(mask.all() for _, _, mask in unpadded)
    assert sorted(row for batch, _, _ in unpadded for row in batch) == list(range(200))


def test_the_metric_imports_without_torch() -> None:
    code = "import sys, xemogpt.metrics; assert not {'torch', 'transformers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
