#!/usr/bin/env bash
# Open the pool and its reputation records, and bring the wallet's own stake up to an amount. Run again, it adds only what
# is missing.
#
#   scripts/validator/stake.sh 1000              1,000 ASY at work
#   scripts/validator/stake.sh 1000 500          the same; delegators leave 5 % (500 bps) of their rewards
. "$(dirname "$(realpath "$0")")/settings.sh"
amount=${1:?how much ASY shall be at work? scripts/validator/stake.sh 1000}
has_key
assay validator join --stake "$amount" ${2:+--commission "$2"} >/dev/null
assay stake show
