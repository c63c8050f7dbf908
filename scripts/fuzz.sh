#!/usr/bin/env bash
# Fuzz the programs' arithmetic and decoding with libFuzzer, from the committed corpus.
#
#   scripts/fuzz.sh [seconds]          every target, that long in all (60 by default)
#   scripts/fuzz.sh seconds target     one target
#
# It does what `cargo fuzz run --sanitizer none` does, with the stable compiler and without cargo-fuzz: the flags are
# those that cargo-fuzz passes. The checks have no unsafe code, so a sanitizer would find nothing. What it finds new goes
# into ~/.cache/assay/corpus; a crash stays in fuzz/artifacts, and `target/.../<target> <file>` repeats it.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/assay
seconds=${1:-60}
targets=${2:-$(cd fuzz/fuzz_targets && ls ./*.rs | sed 's|^./||; s|\.rs$||')}

host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}/fuzz
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions"
# A target of its own, so that the flags reach no build script.
cargo build --release --locked --quiet --manifest-path fuzz/Cargo.toml --target "$host"

count=$(wc -w <<<"$targets")
each=$((seconds / count > 0 ? seconds / count : 1))
mkdir -p fuzz/artifacts
for target in $targets; do
  printf '== %s: %s s\n' "$target" "$each"
  mkdir -p "$cache/corpus/$target"
  # Anchor tells of every refusal on stdout.
  "$CARGO_TARGET_DIR/$host/release/$target" "$cache/corpus/$target" "fuzz/corpus/$target" \
    -max_total_time="$each" -max_len=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix=fuzz/artifacts/ >/dev/null
done
