#!/usr/bin/env bash
# The whole market on this machine: operators of which one lies; a fresh wallet posts the science job, and one watches it
# being seated, computed, judged, paid and slashed, until a job has caught the liar.
#
#   scripts/demo.sh                   keeps serving the web portal until Ctrl-C
#   scripts/demo.sh --strategy S      how the job is judged: replicated (the default), sampled, optimistic, proven,
#                                     attested or accepted
#   scripts/demo.sh --once            ends when the job is settled
#   scripts/demo.sh --output json     prints the summary as one JSON document on stdout (talk goes to stderr)
#   scripts/demo.sh --ports-from N    other ports than the default ones (8899 and up)
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
once= output=display ports=() strategy=replicated
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=1 ;;
    --strategy) strategy=${2:?--strategy needs a name; see --help}; shift ;;
    --output) output=${2:?--output needs display or json}; shift ;;
    --ports-from) ports=(--ports-from "${2:?--ports-from needs a port}"); shift ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "demo: unknown option $1; see --help" >&2; exit 2 ;;
  esac
  shift
done
case $output in display | json) ;; *) echo "demo: --output is display or json" >&2; exit 2 ;; esac
# What each strategy is posted with. Juries are of operators that have no part in the job, so that some need more of them.
operators=5
case $strategy in
  replicated) terms=(--replicas 3 --quorum 2) ;;
  sampled) terms=(--samples 4 --committee 3) operators=7 ;;
  optimistic) terms=(--window 60s) operators=6 ;;
  accepted) terms=(--window 60s) operators=6 ;;
  proven) terms=() ;;
  attested) terms=(--threshold 1) ;;
  *) echo "demo: --strategy is replicated, sampled, optimistic, proven, attested or accepted" >&2; exit 2 ;;
esac
say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
[ -t 2 ] || say() { printf '%s\n' "$*" >&2; }

"$root/scripts/setup.sh"
say "Building (the first time takes some minutes)"
bin=$("$root/scripts/build.sh")
export PATH=$bin:$PATH

work=$(mktemp -d -t assay-demo.XXXXXX)
market=
finish() {
  trap - EXIT INT TERM
  [ -z "$market" ] || { kill -INT "$market" 2>/dev/null || true; wait "$market" 2>/dev/null || true; }
  rm -rf "$work"
}
give_up() {
  say "demo: $1; the end of the market's log:"
  tail -n 20 "$work/localnet.log" >&2
  exit 1
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "Bringing up the market: chain, Postgres, indexer, $operators operators of which one lies"
assay-localnet --data "$work/localnet" --operators "$operators" --liars 1 "${ports[@]}" > "$work/localnet.log" 2>&1 &
market=$!
until [ -s "$work/localnet/localnet.json" ]; do
  kill -0 "$market" 2>/dev/null || { cat "$work/localnet.log" >&2; market=; exit 1; }
  sleep 0.2
done
field() { jq -er ".$1" "$work/localnet/localnet.json"; }
api=$(field api)
healthy() { curl -fsS "$api/ready" >/dev/null 2>&1; }
for _ in $(seq 150); do healthy && break; sleep 0.2; done
healthy || give_up "the API did not become healthy"

export ASSAY_LOCALNET=$work/localnet ASSAY_API=$api
cli() { assay --url "$(field rpc)" --keypair "$work/requester.json" "$@"; }
cli keygen --outfile "$work/requester.json" >&2
cli airdrop >&2

example=$root/examples/orf-kmer
expected=$(cat "$example/expected/root.txt")
# The requester of an accepted job reviews it: rejects the first unit that is not what it found itself, else accepts.
review() {
  for _ in $(seq 300); do
    case $(cli --output json job show "$job" | jq -er .job.status) in
      delivered)
        cli job reject "$job" --expected "$example/expected/outputs.json" 2>"$work/why" >&2 && return
        grep -q "nothing to object to" "$work/why" || give_up "the delivery was not reviewed: $(cat "$work/why")"
        cli job accept "$job" >&2
        return ;;
      open | seated) sleep 0.5 ;;
      *) return ;;
    esac
  done
}
# Sortition may leave the liar out of a job: then there is nothing to see, and another one is posted.
for _ in $(seq 10); do
  say "Posting examples/orf-kmer: genes and k-mers of a plague plasmid, 32 units, --strategy $strategy ${terms[*]}"
  job=$(cli --output json job post "$example/job.json" --price-per-unit 0.01 --strategy "$strategy" "${terms[@]}" | jq -er .job)
  [ "$strategy" != accepted ] || review
  cli job watch "$job" >&2
  # The last cranks, which slash the liar and give the rent back, and the indexer follow within seconds.
  for _ in $(seq 240); do
    report=$(cli --output json job report "$job")
    jq -e '.rent_left_lamports == 0 and .indexed_equals_chain' <<<"$report" >/dev/null && break
    sleep 0.5
  done
  jq -e '.rent_left_lamports == 0 and .indexed_equals_chain' <<<"$report" >/dev/null ||
    give_up "the job was not closed, or the indexer does not agree with the chain: $report"
  # Where the liar was the only one to compute, there is no result, and the requester has its money back.
  known=()
  [ "$(jq -r .root <<<"$report")" = null ] || known=(--expected-root "$expected")
  [ ${#known[@]} = 0 ] || [ "$(jq -r .root <<<"$report")" = "$expected" ] || give_up "a wrong result was settled on: $report"
  jq -e '.slashed != []' <<<"$report" >/dev/null && break
  say "Sortition left the liar out of this one"
done
jq -e '.slashed != []' <<<"$report" >/dev/null || give_up "the liar was not drawn in ten jobs"
if [ "$output" = json ]; then cli --output json job report "$job" "${known[@]}"; else cli job report "$job" "${known[@]}"; fi
if [ ${#known[@]} -gt 0 ]; then
  cli job show "$job" --result "$work/result.json" >/dev/null
  say "The result, checked against the root on chain: $(jq -r '.[0]' "$work/result.json" | cut -c1-100)…"
fi
say "Portal: $api/jobs/$job"
if [ -z "$once" ]; then
  say "Serving until Ctrl-C"
  wait "$market"
fi
