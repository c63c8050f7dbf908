#!/usr/bin/env bash
# Build what the market runs: the binaries (into $CARGO_TARGET_DIR/debug) and the web portal (into app/dist).
# Prints the folder of the binaries.
#
#   ASSAY_FHE=1 scripts/build.sh    with encrypted jobs. Not by default: their library is under a licence of its own, see
#                                   docs/engines.md, and takes minutes to build the first time.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/assay/target}
fhe=()
[ -z "${ASSAY_FHE:-}" ] || fhe=(--features assay-node/fhe,assay-cli/fhe)
cargo build --locked -p assay-localnet -p assay-indexer -p assay-node -p assay-cli "${fhe[@]}" >&2

# The portal is built again only when its sources changed.
sources() { find app \( -name node_modules -o -name dist \) -prune -o -type f -print0 | sort -z; }
stamp=$(sources | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ ! -e app/dist/index.html ] || [ "$(cat app/dist/.stamp 2>/dev/null)" != "$stamp" ]; then
  (cd app && npm ci --no-audit --no-fund --silent && npm run --silent build) >&2
  echo "$stamp" > app/dist/.stamp
fi
echo "$CARGO_TARGET_DIR/debug"
