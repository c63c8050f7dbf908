#!/usr/bin/env bash
# Make the operator's wallet, once. Back it up: who has it has the stake.
#
#   scripts/validator/create-keys.sh
. "$(dirname "$(realpath "$0")")/settings.sh"
mkdir -p "$home"
if [ -f "$key" ]; then say "the wallet is there already"; else assay keygen --outfile "$key" >/dev/null; fi
assay address
say "back up $key, then send it SOL for fees and rent, and ASY to stake (on a localnet: assay airdrop -k $key)"
