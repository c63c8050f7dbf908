#!/usr/bin/env bash
# Run the node in the foreground, or as a service of systemd. It resumes whatever it was doing when it was cut off.
#
#   scripts/validator/run.sh [options of assay-node]
#   scripts/validator/run.sh --install            write and start a systemd unit for it (as root)
. "$(dirname "$(realpath "$0")")/settings.sh"
has_key
has_pool || fail "there is no pool: scripts/validator/stake.sh 1000"
config=$(json config get)
url=$(jq -r .url <<<"$config")
api=${ASSAY_API:-$(jq -r .api <<<"$config")}
mkdir -p "$data"
[ ! -f "$data/drain" ] || fail "the node is draining: assay operator drain --data $data --undo"
command=("$(realpath "$(command -v "$program")")" operator run --url "$url" --keypair "$key" --data "$data" --api "$api")
if [ "${1:-}" != --install ]; then exec "${command[@]}" "$@"; fi

unit=${ASSAY_UNIT:-/etc/systemd/system/assay-node.service}
cat >"$unit" <<UNIT
[Unit]
Description=Assay node
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${command[*]}
Restart=on-failure
RestartSec=2
# It ends by itself, with success, once it is drained.
KillSignal=SIGTERM
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths=$home

[Install]
WantedBy=multi-user.target
UNIT
say "wrote $unit"
if command -v systemctl >/dev/null && [ -z "${ASSAY_UNIT:-}" ]; then
  systemctl daemon-reload
  systemctl enable --now assay-node
fi
