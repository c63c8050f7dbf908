#!/usr/bin/env bash
# Install what a new Debian machine lacks. Expects Rust (1.95 or newer) and Node (20 or newer); says so if they are
# missing. Safe to run again: it only adds.
#
#   scripts/setup.sh            what the market needs to run
#   scripts/setup.sh --tests    also what the whole test suite needs (a browser)
set -euo pipefail

say() { echo "setup: $*" >&2; }
command -v cargo >/dev/null || { say "Rust is missing: install it with rustup, then run this again"; exit 1; }
command -v node >/dev/null || { say "Node is missing: install Node 20 or newer, then run this again"; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

packages=()
command -v cc >/dev/null || packages+=(build-essential)
command -v jq >/dev/null || packages+=(jq)
command -v curl >/dev/null || packages+=(curl)
postgres || packages+=(postgresql)
# clang and libclang are needed by bindgen, which builds part of the local chain.
[ -n "$(ldconfig -p | grep -m1 libclang || compgen -G '/usr/lib/llvm-*/lib/libclang*' || true)" ] || packages+=(clang libclang-dev)
command -v pkg-config >/dev/null || packages+=(pkg-config)
[ -e /usr/include/openssl/ssl.h ] || packages+=(libssl-dev)
command -v protoc >/dev/null || packages+=(protobuf-compiler)
if [ "${1:-}" = --tests ]; then
  command -v chromium >/dev/null || packages+=(chromium)
  python3 -c 'import venv' 2>/dev/null || packages+=(python3-venv)
fi
if [ ${#packages[@]} -gt 0 ]; then
  say "installing ${packages[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
