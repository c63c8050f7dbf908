#!/usr/bin/env bash
# Build the programs with `cargo build-sbf` into programs/deploy/*.so, with their sha256 sums, and the IDLs into idl/.
# The .so files are committed, so that nobody needs the toolchain to run the market.
#
#   scripts/build-programs.sh            build, and replace what is committed
#   scripts/build-programs.sh --check    build elsewhere, and fail if the result differs from what is committed
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/assay/target}
out=programs/deploy
if [ "${1:-}" = --check ]; then out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; fi

if ! command -v cargo-build-sbf >/dev/null; then
  echo "build-programs: cargo build-sbf is not installed; using the committed programs/deploy/*.so" >&2
  (cd programs/deploy && sha256sum --check --quiet SHA256SUMS)
  exit 0
fi

mkdir -p "$out"
cargo build-sbf --workspace --sbf-out-dir "$out" -- --locked
# Panic messages hold the path of a dependency's source, and with it the name of the registry that it came from. The
# programs must not depend on that; a name of the same length leaves every offset as it was.
LC_ALL=C perl -pi -e 's{/crates/([a-z.]+)-(?=[0-9a-f]{16}/)}{"/crates/" . "x" x length($1) . "-"}ge' "$out"/*.so
(cd "$out" && sha256sum -- *.so > SHA256SUMS)

if command -v anchor >/dev/null || command -v build-idl >/dev/null; then
  idl=idl
  [ "$out" = programs/deploy ] || idl=$out
  for program in token staking reputation escrow verification governance; do
    if command -v build-idl >/dev/null; then
      build-idl "programs/$program" -o "$idl/assay_$program.json" --skip-lint
    else
      (to=$(realpath "$idl") && cd "programs/$program" && anchor idl build -o "$to/assay_$program.json")
    fi
  done
else
  echo "build-programs: neither anchor nor build-idl is installed; the committed IDLs are used" >&2
fi

if [ "$out" != programs/deploy ]; then
  for built in "$out"/*.so "$out"/SHA256SUMS "$out"/*.json; do
    [ -e "$built" ] || continue
    case $built in *.json) committed=idl ;; *) committed=programs/deploy ;; esac
    cmp "$built" "$committed/$(basename "$built")" || {
      echo "build-programs: $committed/$(basename "$built") is not what the sources build: run scripts/build-programs.sh" >&2
      exit 1
    }
  done
  echo "build-programs: the committed programs and IDLs are what the sources build"
fi
