#!/usr/bin/env bash
# The whole test suite, on this machine, against real programs, a real Postgres, a real browser.
#
#   scripts/test.sh            everything
#   scripts/test.sh fast       only what needs no running market: formatting, lints, unit and program tests, the portal
#   scripts/test.sh long       also what takes ten minutes by itself: a node that dies at each step of its work
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/assay/target}
step() { printf '\n== %s\n' "$*"; }

step "What the tests need"
scripts/setup.sh --tests

step "Formatting"
cargo fmt --all --check
# The fuzz targets have a lock file of their own; it must know what the programs need.
cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml > /dev/null

# All that is tested is built with encrypted jobs.
export ASSAY_FHE=1
fhe=(--features assay-fhe/tfhe,assay-node/fhe,assay-cli/fhe)

step "Binaries and the portal"
ASSAY_BIN_DIR=$(scripts/build.sh)
export ASSAY_BIN_DIR

step "Unit, program and store tests"
# What hangs is to fail by its name, not to use up the machine's time.
timeout -k 30 50m cargo test --workspace --locked --exclude assay-tests "${fhe[@]}"
timeout -k 30 25m cargo test --locked -p assay-tests --test programs --test model

step "Lints"
cargo clippy --workspace --all-targets --locked "${fhe[@]}" -- -D warnings

step "The portal's tests"
(cd app && { [ -d node_modules ] || npm ci --no-audit --no-fund --silent; } && npm test)

step "The examples against their reference libraries"
venv=${XDG_CACHE_HOME:-$HOME/.cache}/assay/venv
[ -x "$venv/bin/pip" ] || { rm -rf "$venv"; python3 -m venv "$venv"; }
"$venv/bin/pip" install --quiet --disable-pip-version-check -r examples/requirements.txt -r tests/requirements.txt
for job in examples/*/reference.py; do "$venv/bin/python" "$job"; done

if [ "${1:-}" != fast ]; then
  step "The whole market: a job end to end, faults, the browser"
  # Two at a time: they mostly wait.
  timeout -k 30 40m cargo test --locked -p assay-tests --test market -- --test-threads 2
fi
if [ "${1:-}" = long ]; then
  step "What takes long"
  cargo test --locked -p assay-tests --test market -- --test-threads 1 --ignored
fi
step "All passed"
