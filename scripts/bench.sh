#!/usr/bin/env bash
# Measure, on this machine, and print one JSON. Figures of one run may be compared with each other, not with another
# machine's. It builds with optimisation, which takes a while the first time.
#
#   scripts/bench.sh indexer                 100,000 updates, 1,000,000 jobs, 1,000 streams
#   JOBS=100000 scripts/bench.sh indexer     a smaller market
#   scripts/bench.sh node                    units a second, starts, four kernels beside native code, memory, and
#                                            encrypted operations on 16 bits; their library takes ten minutes to
#                                            build once
#   scripts/bench.sh fhe                     encrypted operations alone, on 16, 32 and 64 bits (ten minutes and more)
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/assay/target}
case ${1:-} in
  indexer) cargo bench --locked --quiet -p assay-indexer --bench indexer ;;
  node) cargo bench --locked --quiet -p assay-node --features fhe --bench node ;;
  # Of the tests' build, which optimises all that computes here: another one takes minutes.
  fhe) cargo bench --locked --quiet --profile dev -p assay-fhe --features tfhe --bench fhe ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
