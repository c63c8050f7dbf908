#!/usr/bin/env bash
# Open the pool and its reputation records, and bring the stake up to an amount. Run again, it adds only what is missing.
#
#   scripts/validator/stake.sh 1000              1,000 ASY at work
#   scripts/validator/stake.sh 1000 500          the same; delegators leave 5 % (500 bps) of their rewards
. "$(dirname "$(realpath "$0")")/settings.sh"
amount=${1:?how much ASY shall be at work? scripts/validator/stake.sh 1000}
has_key
assay stake open ${2:+--commission "$2"} >/dev/null
now=$(json stake show | jq -r .active)
missing=$(jq -rn --arg want "$amount" --arg have "$now" '($want | tonumber) - ($have | tonumber) / 1e9 | if . > 0 then . else 0 end')
if [ "$missing" = 0 ]; then say "$(asy "$now") ASY are at work already"; else assay stake add "$missing" >/dev/null; fi
assay stake show
