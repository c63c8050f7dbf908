# Sourced by the other scripts. Settings, each from the environment:
#   ASSAY_VALIDATOR   folder of keys, journal and results  [~/.local/share/assay/validator]
#   ASSAY_URL         the chain's RPC, or l, d, t, m       [what `assay config get` says]
#   ASSAY_API         the indexer's API                    [what `assay config get` says]
#   ASSAY_BIN_DIR     where the binaries are               [PATH]
set -euo pipefail
umask 077
home=${ASSAY_VALIDATOR:-$HOME/.local/share/assay/validator}
key=$home/operator.json
# Where run.sh --install moved it to.
data=$(realpath -m "$home/node")
program=${ASSAY_BIN_DIR:+$ASSAY_BIN_DIR/}assay

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
command -v "$program" >/dev/null || fail "there is no assay: cargo install --path scripts/cli, or set ASSAY_BIN_DIR"
command -v jq >/dev/null || fail "there is no jq: apt-get install jq"

# With the operator's wallet, or with the one in $wallet.
assay() { "$program" "$@" --keypair "${wallet:-$key}" ${ASSAY_URL:+--url "$ASSAY_URL"}; }
json() { assay "$@" --output json-compact; }
has_key() { [ -f "$key" ] || fail "there are no keys in $home: scripts/validator/create-keys.sh"; }
has_pool() { json stake show >/dev/null 2>&1; }
# A decimal amount of ASY out of base units.
asy() { jq -rn --arg n "$1" '($n | tonumber) / 1e9'; }
