#!/usr/bin/env bash
# scripts/build-examples.sh [--check]: build every example's job.wasm, and that of the node's bench.
#
# Without an option it replaces job.wasm, its .sha256 and the hashes in job.json. With --check it changes nothing
# and fails if what it builds differs from what is committed, byte for byte; other compilers write other bytes, so
# with a toolchain other than the one in examples/toolchain.txt it says so and compares nothing.
#
# A new job.wasm or input changes the spec's hash; if it changes outputs too, run examples/run.py and reference.py.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=wasm32-wasip1
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/assay/target}/examples"

mode=${1:-}
if [[ $# -gt 1 || ($mode != "" && $mode != --check) ]]; then
  echo "usage: scripts/build-examples.sh [--check]" >&2
  exit 2
fi

has_target() { [[ -d "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/$target" ]]; }

# Builds the package in the current folder. Paths are mapped away so that every checkout gives the same bytes.
build_with_rustup() {
  local remap="--remap-path-prefix=$PWD=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/crates"
  RUSTFLAGS="$remap" cargo build --release --target "$target" --locked
}

# What decides the bytes, one tool a line.
toolchain() {
  if has_target; then
    rustc --version
  else
    /usr/bin/rustc --version
    dpkg-query -W -f '${Package} ${Version}\n' rust-web-src wasi-libc lld-22 libclang-rt-22-dev-wasm32
  fi
}

sha256() { sha256sum "$1" | cut -d' ' -f1; }

# Sets the hash beside `"uri": "FILE"` in job.json.
set_hash() { # FILE
  sed -i -E "s|(\"uri\": \"$1\", \"sha256\": \")[0-9a-f]*|\1$(sha256 "$1")|" job.json
}

if command -v cargo-build-wasm >/dev/null; then
  build=(cargo-build-wasm --locked)
elif has_target; then
  build=(build_with_rustup)
elif [[ -x "$root/../shared/wasm/cargo-build-wasm" ]]; then
  build=("$root/../shared/wasm/cargo-build-wasm" --locked)
else
  echo "examples: no toolchain for $target here (rustup target add $target): the committed job.wasm files are used."
  exit 0
fi

differs=0
for manifest in "$root"/examples/*/Cargo.toml "$root"/node/benches/kernels/Cargo.toml; do
  cd "$(dirname "$manifest")"
  name=$(basename "$PWD")
  "${build[@]}"
  built="$CARGO_TARGET_DIR/$target/release/$name.wasm"
  # As in build-programs.sh: panic messages must not depend on the name of the registry.
  LC_ALL=C perl -pi -e 's{/crates/([a-z.]+)-(?=[0-9a-f]{16}/)}{"/crates/" . "x" x length($1) . "-"}ge' "$built"
  if [[ $mode == "" ]]; then
    cp "$built" job.wasm
    chmod 644 job.wasm
    sha256sum job.wasm >job.wasm.sha256
    if [[ -e job.json ]]; then
      set_hash job.wasm
      for input in input.*; do set_hash "$input"; done
    fi
    toolchain >"$root/examples/toolchain.txt"
    echo "$name/job.wasm: $(sha256 job.wasm), $(stat -c %s job.wasm) bytes"
  elif ! diff -q <(toolchain) "$root/examples/toolchain.txt" >/dev/null; then
    echo "$name/job.wasm: builds; not compared, as the toolchain is not the one in examples/toolchain.txt"
  elif cmp -s "$built" job.wasm && sha256sum --check --quiet job.wasm.sha256; then
    echo "$name/job.wasm: builds to the committed bytes"
  else
    echo "$name/job.wasm: what is built ($(sha256 "$built")) differs from what is committed" >&2
    differs=1
  fi
done
exit $differs
