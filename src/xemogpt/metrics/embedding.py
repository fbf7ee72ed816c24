"""Embedding each distinct text once, however often and wherever it occurs."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xemogpt.encoders.text import Embeddings, TextEncoder

MAX_TEXTS = 50_000
"""Texts kept by default: 75 MB of 384-d vectors."""


class EmbeddingCache:
    """The most recently used embeddings of an encoder, keyed by text.

    References embedded for one system serve every further one, as long as they fit.
    """

    def __init__(self, encoder: "TextEncoder", max_texts: int = MAX_TEXTS) -> None:
        self.encoder = encoder
        self.max_texts = max_texts
        self.num_encoded = 0
        """Texts given to the encoder so far."""
        self._vectors: OrderedDict[str, Embeddings] = OrderedDict()

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, texts: Iterable[str]) -> None:
        """Embed those of ``texts`` that are not here yet, in one call of the encoder."""
        missing = []
        for text in dict.fromkeys(texts):
            if text in self._vectors:
                self._vectors.move_to_end(text)
            else:
                missing.append(text)
        if missing:
            vectors = self.encoder.encode(missing)
            self.num_encoded += len(missing)
            # A copy of each row: a view would keep the whole batch alive.
            self._vectors.update(
                (text, row.copy()) for text, row in zip(missing, vectors, strict=True)
            )
        while len(self._vectors) > self.max_texts:
            self._vectors.popitem(last=False)

    def matrix(self, texts: Sequence[str]) -> "Embeddings":
        """Unit vectors of ``texts``, float32 (N, D); (0, 0) if there are none."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        if any(text not in self._vectors for text in texts):
            if len(texts) > self.max_texts:
                return self.encoder.encode(list(texts))
            self.add(texts)
        return np.stack([self._vectors[text] for text in texts])

    def cosine(self, rows: Sequence[str], columns: Sequence[str]) -> "Embeddings":
        """Cosine similarity (rows, columns); an empty side gives an empty matrix."""
        if not rows or not columns:
            return np.zeros((len(rows), len(columns)), dtype=np.float32)
        left, right = self.matrix(rows), self.matrix(columns)
        product: Embeddings = left @ right.T
        return product
