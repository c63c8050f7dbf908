#!/usr/bin/env bash
# Say whether the validator can work, a line for each thing; ends with 1 if something is wrong.
#
#   scripts/validator/check.sh
. "$(dirname "$(realpath "$0")")/settings.sh"
bad=0
line() { if [ "$1" = ok ]; then printf 'ok    %s\n' "$2"; else printf 'WRONG %s\n' "$2"; bad=1; fi; }
test_that() { if [ "$1" -eq 1 ]; then line ok "$2"; else line wrong "$3"; fi; }

has_key
line ok "the wallet is $(assay address)"
if ! status=$(json operator status 2>/dev/null); then
  json balance >/dev/null 2>&1 || { line wrong "the chain does not answer: see assay config get"; exit 1; }
  line wrong "there is no pool: scripts/validator/stake.sh 1000"
  exit 1
fi
of() { jq -r "$1" <<<"$status"; }
test_that "$(of '(.lamports | tonumber) >= 50000000 | if . then 1 else 0 end')" \
  "$(of '(.lamports | tonumber) / 1e9') SOL for fees and rent" "less than 0.05 SOL for fees and rent: send some"
test_that "$(of '(.active | tonumber) > 0 | if . then 1 else 0 end')" \
  "$(asy "$(of .active)") ASY at work, $(asy "$(of .locked)") of them bonds" "nothing is staked: scripts/validator/stake.sh 1000"
test_that "$(of --argjson now "$(date +%s)" '(.jailed_until | tonumber) <= $now | if . then 1 else 0 end' 2>/dev/null ||
  jq -r '(.jailed_until | tonumber) <= now | if . then 1 else 0 end' <<<"$status")" \
  "not in jail" "in jail until $(date -u -d "@$(of .jailed_until)" +%FT%TZ): it lost a seat; wait"
line ok "$(of '.seats | length') seats, $(of '.cases | length') chairs; next due: $(of '.seats[0].due_at // "nothing"')"
# The node holds its journal's lock as long as it runs.
if [ -f "$data/journal/lock" ] && ! flock -n "$data/journal/lock" true; then
  line ok "the node runs"
else
  line wrong "the node does not run: scripts/validator/run.sh"
fi
[ ! -f "$data/drain" ] || line wrong "the node is draining and takes no work: assay operator drain --data $data --undo"
exit "$bad"
