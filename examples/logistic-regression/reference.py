#!/usr/bin/env python3
"""Fits every unit with scikit-learn and checks expected/outputs.json and expected/root.txt against it.

Sizes, strengths and the number of correct predictions must be equal. Log-loss, intercept and coefficients must agree
within the tolerances below: the minimum is unique, so they differ only by rounding (the job writes 8 and 6 decimals)
and by what each solver leaves undone.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from common import check_root, load_outputs, load_spec, option  # noqa: E402

# Half a unit of the last written decimal is 5e-7 and 5e-9; the rest is for scikit-learn's stopping rule.
WEIGHTS_TOLERANCE = 2e-6
LOSS_TOLERANCE = 2e-8


def load_data(file: Path) -> tuple[np.ndarray, np.ndarray]:
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


def fold_of_rows(labels: np.ndarray, folds: int) -> np.ndarray:
    """Stratified: the j-th row of each class is in fold j % folds."""
    fold = np.empty_like(labels)
    for label in (0, 1):
        members = np.flatnonzero(labels == label)
        fold[members] = np.arange(len(members)) % folds
    return fold


def check_unit(unit: int, output: dict, features: np.ndarray, labels: np.ndarray, fold: int, folds: int, c: float):
    """The largest differences of log-loss and of weights."""
    test = fold_of_rows(labels, folds) == fold
    model = make_pipeline(StandardScaler(), LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12))
    with warnings.catch_warnings():
        # Near machine precision its line search may stop before tol is met; the comparison judges the answer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features[~test], labels[~test])
    fitted = model[-1]

    correct = int((model.predict(features[test]) == labels[test]).sum())
    exact = {"c": c, "fold": fold, "train": int((~test).sum()), "test": int(test.sum()), "correct": correct}
    exact["accuracy"] = round(correct / exact["test"], 6)
    for key, value in exact.items():
        if output[key] != value:
            sys.exit(f"unit {unit}: {key} is {output[key]}, scikit-learn's is {value}")

    # From the scores, as sklearn.metrics.log_loss cannot tell probabilities closer than 2e-16 to 0 or 1 from those.
    scores = model.decision_function(features[test])
    loss = abs(output["log_loss"] - np.logaddexp(0, np.where(labels[test] == 1, -scores, scores)).mean())
    theirs = np.append(fitted.coef_[0], fitted.intercept_)
    weights = np.abs(np.append(output["coefficients"], output["intercept"]) - theirs).max()
    if not (loss <= LOSS_TOLERANCE and weights <= WEIGHTS_TOLERANCE):
        sys.exit(f"unit {unit}: log-loss differs by {loss:.1e}, weights by {weights:.1e}")
    return loss, weights


def main() -> None:
    spec = load_spec(FOLDER)
    outputs = load_outputs(FOLDER, spec)
    features, labels = load_data(FOLDER / spec["input"]["uri"])
    folds = int(option(spec, "--folds"))
    strengths = [float(c) for c in option(spec, "--strengths").split(",")]
    worst = np.zeros(2)
    for unit, output in enumerate(outputs):
        c, fold = strengths[unit // folds], unit % folds
        worst = np.maximum(worst, check_unit(unit, json.loads(output), features, labels, fold, folds, c))
    root = check_root(FOLDER, outputs)
    print(
        f"logistic-regression: {len(outputs)} units agree with scikit-learn's answers "
        f"(log-loss within {worst[0]:.1e}, weights within {worst[1]:.1e}); root {root}"
    )


if __name__ == "__main__":
    main()
