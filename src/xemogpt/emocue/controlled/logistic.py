"""Multinomial logistic regression by scipy: as much model as an audit of shortcuts needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

Matrix = NDArray[np.float64]
MAX_STEPS = 300


@dataclass(frozen=True)
class Logistic:
    """A fitted model."""

    classes: tuple[str, ...]
    weights: Matrix
    """(D + 1, C); the last row is the bias."""
    mean: Matrix
    """(D,) of the training features."""
    scale: Matrix
    """(D,)."""

    @classmethod
    def fit(cls, features: Matrix, labels: Sequence[str], l2: float = 1.0) -> "Logistic":
        """Fit on standardised features.

        Args:
            features: (N, D).
            labels: N names.
            l2: strength of the penalty on weights other than the bias.
        """
        classes = tuple(sorted(set(labels)))
        target = np.eye(len(classes))[[classes.index(label) for label in labels]]
        mean, scale = features.mean(0), features.std(0)
        scale = np.where(scale > 1e-9, scale, 1.0)
        inputs = _with_bias((features - mean) / scale)
        shape = (inputs.shape[1], len(classes))

        def loss(flat: Matrix) -> tuple[float, Matrix]:
            weights = flat.reshape(shape)
            log_shares = log_softmax(inputs @ weights, axis=1)
            penalised = weights.copy()
            penalised[-1] = 0
            value = -(target * log_shares).sum() + l2 / 2 * (penalised**2).sum()
            slope = inputs.T @ (np.exp(log_shares) - target) + l2 * penalised
            return float(value), slope.ravel()

        found = minimize(
            loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B",
            options={"maxiter": MAX_STEPS},
        )  # fmt: skip
        return cls(classes, found.x.reshape(shape), mean, scale)

    def scores(self, features: Matrix) -> Matrix:
        """(N, C) log shares of the classes."""
        inputs = _with_bias((features - self.mean) / self.scale)
        shares: Matrix = log_softmax(inputs @ self.weights, axis=1)
        return shares


def _with_bias(features: Matrix) -> Matrix:
    return np.concatenate([features, np.ones((len(features), 1))], axis=1)
