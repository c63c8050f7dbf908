#!/usr/bin/env bash
# Take what the stake has earned, and stake it too if asked for.
#
#   scripts/validator/claim.sh
#   scripts/validator/claim.sh --restake
. "$(dirname "$(realpath "$0")")/settings.sh"
has_key
claimed=$(json stake rewards | jq -r .claimed)
say "claimed $(asy "$claimed") ASY"
if [ "${1:-}" = --restake ] && [ "$claimed" != 0 ]; then assay stake add "$(asy "$claimed")" >/dev/null; fi
assay stake show
