#!/usr/bin/env bash
#
# Debian 13's redis, valkey, memcached and nats-server, for tests with newer servers than this machine's: unpacked into
# artifacts/newer, with the libraries that they need. Nothing is installed, and nothing needs root: artifacts/newer/bin has a
# script for each program that runs it by Debian 13's own loader. Made once; says their versions.
#
# Its exit status is 69 where Debian 13's packages cannot be had: no Debian, or no network.
#
# usage: scripts/newer-servers.sh

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
source "$ROOT/scripts/packaging/debian.sh"

[[ ${1:-} != --help && ${1:-} != -h ]] || help
[[ $# -eq 0 ]] || die "unknown option $1; see --help"

PROGRAMS=(redis-server redis-cli redis-benchmark valkey-server valkey-cli valkey-benchmark memcached nats-server)
PACKAGES=(redis-server redis-tools valkey-server valkey-tools memcached nats-server
  libc6 libgcc-s1 libstdc++6 libatomic1 libjemalloc2 liblzf1 libssl3t64 libzstd1 zlib1g libsystemd0 libcap2 libevent-2.1-7t64 libsasl2-2)

newer=$ROOT/artifacts/newer
made_of="$newer: trixie ${PACKAGES[*]}"

make_root() {
  local lib program
  say "the servers of Debian 13"
  rm -rf "$newer"
  need_runtime
  unpack_debian trixie "$(debian_architecture "$here")" "$newer/root" "${PACKAGES[@]}"
  lib=$(dirname "$newer"/root/usr/lib/*/libc.so.6)
  mkdir "$newer/bin"
  for program in "${PROGRAMS[@]}"; do
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$(echo "$lib"/ld-linux-*.so.*)" "$lib" "$(echo "$newer"/root/usr/*bin/"$program")" >"$newer/bin/$program"
    chmod +x "$newer/bin/$program"
  done
  # Written last, so that half a folder has none.
  echo "$made_of" >"$newer/.made-of"
}

[[ -e $newer/.made-of && $(<"$newer/.made-of") == "$made_of" ]] || make_root
for program in "${PROGRAMS[@]}"; do
  "$newer/bin/$program" --version || die "$program of Debian 13 does not start; remove $newer, and run this again"
done
