#!/usr/bin/env python3
"""Checks expected/outputs.json and expected/root.txt against what phase estimation must give, from its formula.

Nothing of the circuit is simulated here: with n counting qubits and a gate that turns by `angle` of a whole turn, outcome k
has the amplitude sum(exp(2 pi i j (angle - k / 2^n)) for j < 2^n) / 2^n. The job's random numbers (SplitMix64) are drawn
again, and every count must be equal.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from common import check_root, load_outputs, load_spec, option  # noqa: E402

COUNTING, ANGLE = 6, 0.3
WORD = (1 << 64) - 1


def splitmix(state: int):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & WORD
        word = state
        word = ((word ^ word >> 30) * 0xBF58476D1CE4E5B9) & WORD
        word = ((word ^ word >> 27) * 0x94D049BB133111EB) & WORD
        yield word ^ word >> 31


def draws(seed: int, unit: int, count: int) -> np.ndarray:
    stream = splitmix(next(splitmix(seed)) ^ (unit * 0xD1342543DE82EF95 & WORD))
    return np.array([(next(stream) >> 11) / 2.0**53 for _ in range(count)])


def probabilities() -> np.ndarray:
    size = 1 << COUNTING
    turns = np.arange(size)[:, None] * (ANGLE - np.arange(size)[None, :] / size)
    return np.abs(np.exp(2j * np.pi * turns).sum(axis=0) / size) ** 2


def main() -> None:
    spec = load_spec(FOLDER)
    outputs = load_outputs(FOLDER, spec)
    shots, seed = int(option(spec, "--shots")), int(option(spec, "--seed"))
    edges = np.cumsum(probabilities())
    for unit, output in enumerate(outputs):
        outcomes = np.searchsorted(edges, draws(seed, unit, shots), side="right")
        counts = Counter(f"{outcome:0{COUNTING}b}" for outcome in outcomes)
        expected = {"qubits": COUNTING + 1, "shots": shots, "counts": dict(sorted(counts.items()))}
        if json.loads(output) != expected:
            sys.exit(f"unit {unit}: {output}, the formula gives {expected}")
    root = check_root(FOLDER, outputs)
    print(f"quantum-circuit: {len(outputs)} units agree with the formula of phase estimation, count by count; root {root}")


if __name__ == "__main__":
    main()
