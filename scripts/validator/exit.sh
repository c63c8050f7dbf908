#!/usr/bin/env bash
# Leave: let the node finish, unstake all, wait, withdraw, take the rewards, close the pool. Each run does what can be
# done now and says what it waits for; run it again until it says that it is over. With --wait it does so by itself.
#
#   scripts/validator/exit.sh [--wait]
. "$(dirname "$(realpath "$0")")/settings.sh"
has_key
step() {
  has_pool || { say "it is over: the pool is closed"; return 0; }
  if [ -d "$data" ] && [ ! -f "$data/drain" ]; then assay operator drain --data "$data" >/dev/null; say "the node drains"; fi
  local show seats
  seats=$(json operator status | jq '(.seats | length) + (.cases | length)')
  [ "$seats" = 0 ] || { say "waiting for $seats seats and chairs to be settled"; return 1; }
  show=$(json stake show)
  # Shares of the operator's own; delegators leave by themselves.
  if [ "$(jq -r .active <<<"$show")" != 0 ] && json stake unstake all >/dev/null 2>"$home/last-error"; then say "unstaked"; fi
  json stake withdraw >/dev/null 2>&1 || true
  show=$(json stake show)
  if [ "$(jq '.tickets | length' <<<"$show")" != 0 ]; then
    say "unbonding until $(date -u -d "@$(jq -r '.tickets[-1].ready_at' <<<"$show")" +%FT%TZ)"
    return 1
  fi
  json stake rewards >/dev/null 2>&1 || true
  if json stake close >/dev/null 2>"$home/last-error"; then say "it is over: the pool is closed"; return 0; fi
  say "cannot close the pool yet: $(cat "$home/last-error")"
  return 1
}
if [ "${1:-}" = --wait ]; then until step; do sleep "${ASSAY_EVERY:-30}"; done; else step; fi
