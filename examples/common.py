"""What the examples' scripts share: the job's files and the Merkle root of its outputs. Standard library only."""

import hashlib
import json
from pathlib import Path


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def load_spec(folder: Path) -> dict:
    """job.json, with its program and input checked against the hashes it names."""
    spec = json.loads((folder / "job.json").read_text())
    for part in ("program", "input"):
        file = folder / spec[part]["uri"]
        if sha256(file.read_bytes()).hex() != spec[part]["sha256"]:
            raise SystemExit(f"{file}: not the file that job.json names; run scripts/build-examples.sh")
    return spec


def load_outputs(folder: Path, spec: dict) -> list[str]:
    outputs = json.loads((folder / "expected" / "outputs.json").read_text())
    if len(outputs) != spec["units"]:
        raise SystemExit(f"{folder.name}: {len(outputs)} expected outputs for {spec['units']} units")
    return outputs


def option(spec: dict, name: str) -> str:
    """The value that follows `name` in the job's args."""
    args = spec["args"]
    return args[args.index(name) + 1]


def merkle_root(outputs: list[bytes]) -> str:
    """The root that operators seal, in hex: a tree over the units' digests, an odd node promoted unchanged."""
    if not outputs:
        raise ValueError("a job has at least one unit")
    digests = [sha256(b"assay:unit" + index.to_bytes(8, "little") + output) for index, output in enumerate(outputs)]
    level = [sha256(b"\x00" + digest) for digest in digests]
    while len(level) > 1:
        pairs = [sha256(b"\x01" + left + right) for left, right in zip(level[::2], level[1::2])]
        level = pairs + (level[-1:] if len(level) % 2 else [])
    return level[0].hex()


def check_root(folder: Path, outputs: list[str]) -> str:
    """The root of the outputs; fails if expected/root.txt holds another."""
    root = merkle_root([output.encode() for output in outputs])
    stored = (folder / "expected" / "root.txt").read_text().strip()
    if root != stored:
        raise SystemExit(f"{folder.name}: the outputs' root is {root}, expected/root.txt holds {stored}")
    return root
