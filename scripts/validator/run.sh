#!/usr/bin/env bash
# Run the node in the foreground, or as a service of systemd. It resumes whatever it was doing when it was cut off.
#
#   scripts/validator/run.sh [options of assay-node]
#   scripts/validator/run.sh --install            as a service, by deploy/systemd/assay-node.service (as root)
#
# The service takes what the node has into its own folder, /var/lib/assay-node, and reads the wallet from where it is; the
# other scripts go on to work (as root). $DESTDIR stands before all paths of the system; then nothing is started.
. "$(dirname "$(realpath "$0")")/settings.sh"
has_key
has_pool || fail "there is no pool: scripts/validator/stake.sh 1000"
config=$(json config get)
url=$(jq -r .url <<<"$config")
api=${ASSAY_API:-$(jq -r .api <<<"$config")}
mkdir -p "$data"
[ ! -f "$data/drain" ] || fail "the node is draining: assay operator drain --data $data --undo"
if [ "${1:-}" != --install ]; then
  exec "$(realpath "$(command -v "$program")")" operator run --url "$url" --keypair "$key" --data "$data" --api "$api" "$@"
fi

unit=$(dirname "$(realpath "$0")")/../../deploy/systemd/assay-node.service
node=$(dirname "$(realpath "$(command -v "$program")")")/assay-node
[ -x "$node" ] || fail "there is no assay-node beside assay: cargo install --path node"
root=${DESTDIR:-}
state=$root/var/lib/assay-node
installed() { mkdir -p "$(dirname "$root$3")"; cmp -s "$2" "$root$3" || { install -m "$1" "$2" "$root$3"; say "wrote $root$3"; }; }
installed 755 "$node" /usr/local/bin/assay-node
installed 644 "$unit" /etc/systemd/system/assay-node.service
mkdir -p "$root/etc/assay"
settings=$root/etc/assay/node.toml
if [ ! -e "$settings" ]; then
  printf 'url = "%s"\napi = "%s"\n' "$url" "$api" >"$settings"
  say "wrote $settings: all that can be set says \`assay-node sample\`"
fi
# A link, so that there is one wallet, and rotate.sh changes it here too.
ln -sfn "$key" "$root/etc/assay/operator.json"
if [ ! -L "$home/node" ]; then
  [ ! -e "$state" ] || fail "$state is some other node's: move it away, it has the salts of what that node sealed"
  [ ! -f "$data/journal/lock" ] || flock -n "$data/journal/lock" true || fail "the node runs: stop it first"
  mkdir -p "$(dirname "$state")"
  mv "$home/node" "$state"
  ln -s "$state" "$home/node"
  say "moved the node's data to $state"
fi
if [ -n "$root" ] || ! command -v systemctl >/dev/null; then
  say "systemctl daemon-reload && systemctl enable --now assay-node"
else
  systemctl daemon-reload
  systemctl enable --now assay-node
fi
