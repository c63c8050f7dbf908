#!/usr/bin/env python3
"""Runs every unit of a job folder and prints each unit's fuel, time and output size.

    python3 examples/run.py examples/orf-kmer [--write]

With --write it replaces expected/outputs.json and expected/root.txt; without, it fails if they differ from what ran.
It is for writing jobs: it gives them argv and stdin as a node does, but not the node's constant clock and seeded
randomness, so a job that uses those must be run by a node.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import wasmtime

from common import load_spec, merkle_root


def run_unit(engine: wasmtime.Engine, module: wasmtime.Module, folder: Path, spec: dict, unit: int) -> tuple[bytes, int]:
    """The output of one unit and the fuel it used. A trap or a non-zero exit raises."""
    store, linker = wasmtime.Store(engine), wasmtime.Linker(engine)
    store.set_fuel(spec["limits"]["fuel"])
    store.set_limits(memory_size=spec["limits"]["memory_mib"] << 20)
    linker.define_wasi()
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["job", str(unit), str(spec["units"]), *spec.get("args", [])]
    wasi.stdin_file = str(folder / spec["input"]["uri"])
    wasi.inherit_stderr()
    with tempfile.NamedTemporaryFile() as stdout:
        wasi.stdout_file = stdout.name
        store.set_wasi(wasi)
        try:
            linker.instantiate(store, module).exports(store)["_start"](store)
        except wasmtime.ExitTrap as trap:
            if trap.code != 0:
                raise SystemExit(f"unit {unit} exits with code {trap.code}") from None
        output = Path(stdout.name).read_bytes()
    if len(output) > spec["limits"]["output_bytes"]:
        raise SystemExit(f"unit {unit} writes {len(output)} bytes, above output_bytes")
    return output, spec["limits"]["fuel"] - store.get_fuel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    spec = load_spec(args.folder)

    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    module = wasmtime.Module.from_file(engine, str(args.folder / spec["program"]["uri"]))

    outputs, most = [], 0
    for unit in range(spec["units"]):
        started = time.monotonic()
        output, fuel = run_unit(engine, module, args.folder, spec, unit)
        print(f"unit {unit:3}  fuel {fuel:12,}  {time.monotonic() - started:6.3f} s  {len(output):7,} bytes")
        outputs.append(output)
        most = max(most, fuel)
    root = merkle_root(outputs)
    print(f"most fuel {most:,} of {spec['limits']['fuel']:,}; root {root}")

    text = json.dumps([output.decode() for output in outputs], indent=0) + "\n"
    files = {args.folder / "expected" / "outputs.json": text, args.folder / "expected" / "root.txt": root + "\n"}
    for file, content in files.items():
        if args.write:
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)
        elif not file.exists() or file.read_text() != content:
            sys.exit(f"{file} differs from what ran; --write replaces it")


if __name__ == "__main__":
    main()
