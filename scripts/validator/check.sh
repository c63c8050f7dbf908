#!/usr/bin/env bash
# Say whether the validator can work, a line for each thing; ends with 1 if something is wrong.
#
#   scripts/validator/check.sh
. "$(dirname "$(realpath "$0")")/settings.sh"
bad=0
line() { if [ "$1" = ok ]; then printf 'ok    %s\n' "$2"; else printf 'WRONG %s\n' "$2"; bad=1; fi; }

has_key
line ok "the wallet is $(assay address)"
if ! status=$(json validator status 2>/dev/null); then
  json balance >/dev/null 2>&1 || { line wrong "the chain does not answer: see assay config get"; exit 1; }
  line wrong "there is no pool: scripts/validator/stake.sh 1000"
  exit 1
fi
while IFS=$'\t' read -r ok text; do line "$ok" "$text"; done < <(
  jq -r '.checks[] | [if .ok then "ok" else "wrong" end, .text] | @tsv' <<<"$status"
)
line ok "$(jq -r '"\(.seats) seats, \(.chairs) chairs"' <<<"$status"); next due: $(json operator status | jq -r '.seats[0].due_at // "nothing"')"
# The node holds its journal's lock as long as it runs.
if [ -f "$data/journal/lock" ] && ! flock -n "$data/journal/lock" true; then
  line ok "the node runs"
else
  line wrong "the node does not run: scripts/validator/run.sh"
fi
[ ! -f "$data/drain" ] || line wrong "the node is draining and takes no work: assay operator drain --data $data --undo"
exit "$bad"
