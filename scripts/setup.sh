#!/usr/bin/env bash
# Install what a new Debian machine lacks. Expects Rust (1.95 or newer) and Node (20 or newer); says so if they are
# missing. Safe to run again: it only adds.
#
#   scripts/setup.sh            what the market needs to run
#   scripts/setup.sh --tests    also what the whole test suite needs (a browser)
set -euo pipefail

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }
command -v cargo >/dev/null || fail "Rust is missing: install 1.95 or newer with rustup, then run this again"
rust=$(rustc --version | cut -d' ' -f2)
at_least 1.95 "$rust" || fail "Rust is $rust: 1.95 or newer is needed (rustup update)"
command -v node >/dev/null && command -v npm >/dev/null || fail "Node is missing: install Node 20.19 or newer with npm, then run this again"
node=$(node --version | tr -d v)
at_least 20.19 "$node" || fail "Node is $node: 20.19 or newer is needed"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"
  else fail "this needs root to install ${packages[*]}: run it as root, or install them yourself"; fi
}
postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

packages=()
{ command -v cc && command -v make; } >/dev/null || packages+=(build-essential)
command -v perl >/dev/null || packages+=(perl)
command -v git >/dev/null || packages+=(git)
command -v jq >/dev/null || packages+=(jq)
command -v curl >/dev/null || packages+=(curl)
postgres || packages+=(postgresql)
command -v pkg-config >/dev/null || packages+=(pkg-config)
[ -e /usr/include/openssl/ssl.h ] || packages+=(libssl-dev)
if [ "${1:-}" = --tests ]; then
  command -v chromium >/dev/null || packages+=(chromium)
  # Containers for the engine oci; runc runs them with either version of cgroups.
  command -v podman >/dev/null || packages+=(podman)
  command -v runc >/dev/null || packages+=(runc)
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
  cargo fmt --version >/dev/null 2>&1 || fail "cargo fmt is missing: rustup component add rustfmt"
  cargo clippy --version >/dev/null 2>&1 || fail "cargo clippy is missing: rustup component add clippy"
fi
if [ ${#packages[@]} -gt 0 ]; then
  say "installing ${packages[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
