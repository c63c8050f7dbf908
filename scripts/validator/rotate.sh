#!/usr/bin/env bash
# Move to a new wallet, because the old one may be known to others or is to be retired. A pool belongs to its wallet, so
# the stake leaves the old pool, which takes the unbonding time, and goes to one of the new wallet's. Reputation stays
# behind. Each run does what can be done now; run it again until it says that it is over, or use --wait.
#
#   scripts/validator/rotate.sh [--wait]
. "$(dirname "$(realpath "$0")")/settings.sh"
has_key
next=$home/next.json
[ -f "$next" ] || assay keygen --outfile "$next" >/dev/null
to=$(wallet=$next assay address)
say "the new wallet is $to"
if ! "$(dirname "$(realpath "$0")")/exit.sh" "${1:-}"; then exit 1; fi

# What the old wallet has left: all its ASY, and its SOL but for a fee.
held=$(json balance | jq -r '.balances[] | select(.symbol == "ASY") | .ui_amount')
if [ "$held" != 0 ]; then assay token send "$held" "$to" >/dev/null; say "sent $held ASY"; fi
mkdir -p "$home/retired"
retired=$home/retired/$(assay address)
mkdir -p "$retired"
mv "$key" "$retired/operator.json"
[ ! -d "$data" ] || mv "$data" "$retired/node"
mv "$next" "$key"
say "it is over: the old wallet and its journal are in $retired; send the new one SOL, then scripts/validator/stake.sh"
