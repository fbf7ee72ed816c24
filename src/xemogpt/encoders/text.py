"""Sentence embedding: MiniLM in full precision and two lighter forms, and a seeded one for tests.

All share one protocol, ``TextEncoder``. Importing this module loads neither torch nor ONNX
runtime; building an encoder loads only what that encoder needs.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from xemogpt.errors import WeightsError
from xemogpt.files import sha256_of

Embeddings = npt.NDArray[np.float32]

MAX_TOKENS = 256
"""Tokens of a text that MiniLM reads; its published pipeline drops what follows."""
BATCH_TOKENS = 600
"""Tokens of a batch, padding included: fills the processor, stays in its cache."""


@runtime_checkable
class TextEncoder(Protocol):
    """What turns sentences into vectors whose dot product is their similarity."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: equal fingerprints mean equal vectors up to rounding."""

    def encode(self, texts: list[str]) -> Embeddings:
        """Unit vectors of ``texts``, float32 (N, D)."""


class MiniLMTextEncoder:
    """all-MiniLM-L6-v2 in float32, equal to sentence-transformers within 2e-6.

    It is faster than a loop over small lists because texts of equal length share a batch.
    """

    feature_dim = 384
    dtype_name = "float32"
    prefix = "minilm"

    def __init__(self, folder: str | Path | None = None, device: str = "cpu") -> None:
        """Load from ``folder`` (a sentence-transformers one), or from the pulled weights.

        Raises:
            WeightsError: if the weights are missing; the message says how to get them.
        """
        import torch

        from xemogpt.encoders.minilm import PackedMiniLM

        self.folder = _folder(folder, "minilm", "model.safetensors")
        self._tokenizer = _tokenizer(self.folder)
        self._model = PackedMiniLM(self.folder, getattr(torch, self.dtype_name), device)
        digest = sha256_of(self.folder / "model.safetensors")
        self._fingerprint = f"{self.prefix}-{digest[:12]}"

    @property
    def fingerprint(self) -> str:
        """The kind of encoder and the start of the weight file's SHA-256."""
        return self._fingerprint

    def encode(self, texts: list[str]) -> Embeddings:
        """Unit vectors of ``texts``, float32 (N, 384): the mean over tokens, normalised."""
        import torch

        out = np.zeros((len(texts), self.feature_dim), dtype=np.float32)
        token_ids = _tokenize(self._tokenizer, texts)
        for rows, ids, _ in _batches(token_ids, use_padding=False):
            out[rows] = self._model(torch.from_numpy(ids)).cpu().numpy()
        return out


class MiniLMBf16TextEncoder(MiniLMTextEncoder):
    """The same weights with matrix products in bfloat16: the fast mode of the metric.

    Cosines move by less than 0.005. It pays on processors with bfloat16 instructions
    (``avx512_bf16``, AMX) and on GPUs; elsewhere it is right, but slow.
    """

    dtype_name = "bfloat16"
    prefix = "minilm-bf16"


class MiniLMInt8TextEncoder:
    """all-MiniLM-L6-v2 with 8-bit weights on ONNX runtime: no torch, a quarter of the memory."""

    feature_dim = 384

    def __init__(self, folder: str | Path | None = None, num_threads: int = 1) -> None:
        """Load from ``folder`` (``model.onnx``, ``tokenizer.json``), or from the pulled weights.

        Raises:
            WeightsError: if the pulled weights are missing; the message says how to get them.
        """
        import onnxruntime

        self.folder = _folder(folder, "minilm-int8", "model.onnx")
        self._tokenizer = _tokenizer(self.folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        self._session: Any = onnxruntime.InferenceSession(
            str(self.folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._fingerprint = f"minilm-int8-{sha256_of(self.folder / 'model.onnx')[:12]}"

    @property
    def fingerprint(self) -> str:
        """``minilm-int8-`` and the start of the weight file's SHA-256."""
        return self._fingerprint

    def encode(self, texts: list[str]) -> Embeddings:
        """Unit vectors of ``texts``, float32 (N, 384)."""
        out = np.zeros((len(texts), self.feature_dim), dtype=np.float32)
        # Small batches: the scale of its 8-bit activations is shared by a whole batch.
        for rows, ids, mask in _batches(_tokenize(self._tokenizer, texts), BATCH_TOKENS // 4):
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            feed = {name: array for name, array in feed.items() if name in self._inputs}
            out[rows] = _mean_of_tokens(self._session.run(None, feed)[0], mask)
        return out


class TinyTextEncoder:
    """A seeded stand-in for tests: hashed words and letter triples, randomly projected.

    Texts that share words are similar; it knows no meaning.

    >>> encoder = TinyTextEncoder()
    >>> vectors = encoder.encode(["she smiles", "she smiles.", "a door"])
    >>> bool(vectors[0] @ vectors[1] > 0.8 > vectors[0] @ vectors[2])
    True
    """

    def __init__(self, feature_dim: int = 64, seed: int = 0) -> None:
        """The same width and seed give the same vectors on every machine."""
        self.feature_dim = feature_dim
        self.seed = seed
        self._known: dict[str, npt.NDArray[np.float64]] = {}

    @property
    def fingerprint(self) -> str:
        """Width and seed."""
        return f"tiny-text-{self.feature_dim}-{self.seed}"

    def encode(self, texts: list[str]) -> Embeddings:
        """Unit vectors of ``texts``, float32 (N, feature_dim)."""
        out = np.zeros((len(texts), self.feature_dim), dtype=np.float32)
        for row, text in enumerate(texts):
            words = re.findall(r"\w+", text.lower()) or ["(none)"]
            vector = np.sum([self._word(word) for word in words], axis=0)
            out[row] = vector / max(float(np.linalg.norm(vector)), 1e-12)
        return out

    def _word(self, word: str) -> npt.NDArray[np.float64]:
        """The direction of a word: half its own, half from its letter triples."""
        if word not in self._known:
            padded = f"^{word}$"
            parts = {padded[i : i + 3] for i in range(len(padded) - 2)}
            # Sorted: the sum must not depend on the order of a set.
            vectors = [self._draw(word), *(self._draw(part) * 0.5 for part in sorted(parts))]
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[word] = np.sum(vectors, axis=0)
        return self._known[word]

    def _draw(self, key: str) -> npt.NDArray[np.float64]:
        digest = hashlib.blake2b(f"{self.seed}:{key}".encode(), digest_size=8).digest()
        generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
        return generator.standard_normal(self.feature_dim)


def _folder(folder: str | Path | None, asset: str, weight_file: str) -> Path:
    """The folder to load from, checked for what is loaded first."""
    if folder is not None:
        for name in (weight_file, "tokenizer.json"):
            if not (Path(folder) / name).is_file():
                raise WeightsError(
                    f"{folder} holds no {name}; give the folder of a MiniLM, or none to use the"
                    " one that `xemogpt pull nano` brings"
                )
        return Path(folder)
    from xemogpt.weights import locate

    return locate(asset)


def _tokenizer(folder: Path) -> Any:
    """The fast tokenizer, cut at ``MAX_TOKENS``, without padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _tokenize(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    # A text of a megabyte would be tokenised whole only to be cut; no token spans 100 letters.
    # Its published pipeline strips the text first.
    shortened = [text.strip()[: MAX_TOKENS * 100] for text in texts]
    return [encoding.ids for encoding in tokenizer.encode_batch(shortened)]


def _batches(
    token_ids: Sequence[Sequence[int]],
    batch_tokens: int = BATCH_TOKENS,
    use_padding: bool = True,
) -> Iterator[tuple[list[int], npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows, ids (B, L) and mask (B, L) of texts grouped by length.

    Without padding, a batch holds texts of one length only and its mask is all ones.
    """
    order = sorted(range(len(token_ids)), key=lambda row: len(token_ids[row]))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order):
            longest = len(token_ids[order[stop]])
            if longest * (stop + 1 - start) > batch_tokens:
                break
            if not use_padding and longest > len(token_ids[order[start]]):
                break
            stop += 1
        rows = order[start:stop]
        longest = max(len(token_ids[row]) for row in rows)
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(token_ids[row])] = token_ids[row]
            mask[place, : len(token_ids[row])] = 1
        yield rows, ids, mask
        start = stop


def _mean_of_tokens(hidden: Embeddings, mask: npt.NDArray[np.int64]) -> Embeddings:
    """Mean of (B, L, D) over the tokens of ``mask`` (B, L), scaled to unit length."""
    weights = mask[..., None].astype(np.float32)
    mean = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    norm = np.linalg.norm(mean, axis=1, keepdims=True)
    scaled: Embeddings = (mean / np.maximum(norm, 1e-12)).astype(np.float32)
    return scaled
