#!/usr/bin/env bash
#
# What the other scripts need of the machine: the .NET SDK, the C toolchain, Debian packages, and the client libraries of
# npm that scenarios run. Sourced by them; run alone it makes the machine ready and starts nothing.
#
# usage: scripts/prepare.sh

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The SDK needs ICU or this; a small machine has no ICU.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# A build server that outlives the script would keep files and memory of a container that is done.
export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1

say() { printf '\n== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Below the ports that the kernel gives to outgoing connections. Sets port.
free_port() {
  local tries
  for tries in {1..100}; do
    port=$((10000 + RANDOM % 20000))
    { : <>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 0
  done
  die "no free port in $tries tries"
}

# Prints the comment at the top of the calling script.
help() {
  sed -n '3,/^$/{s/^#$//;s/^# //;p}' "$0"
  exit 0
}

need_dotnet() {
  if ! command -v dotnet >/dev/null && [[ -x ${DOTNET_ROOT:-$HOME/.dotnet}/dotnet ]]; then
    PATH="${DOTNET_ROOT:-$HOME/.dotnet}:$PATH"
  fi
  # Asked inside the repository, where global.json says which SDKs will do.
  (cd "$ROOT" && dotnet --version >/dev/null 2>&1) ||
    die "the .NET 10 SDK is missing; get it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again"
}

# Native compilation links with the C compiler: a program must really link, a compiler without headers and libraries does not do.
links() {
  local out
  out=$(mktemp)
  echo 'int main(void) { return 0; }' | gcc -x c -o "$out" - 2>/dev/null && command -v objcopy >/dev/null
  local result=$?
  rm -f "$out"
  return "$result"
}

need_toolchain() {
  links || install_packages gcc libc6-dev
  links || die "gcc does not link a program; see what this says: echo 'int main(void){return 0;}' | gcc -x c -"
}

# Knows all machines; their C libraries are the caller's.
need_clang() {
  local missing=()
  command -v clang >/dev/null || missing+=(clang)
  command -v llvm-objcopy >/dev/null || missing+=(llvm)
  command -v ld.lld >/dev/null || missing+=(lld)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# OpenSSL to link in, and what compiles the runtime's layer over it.
need_openssl() {
  local missing=()
  command -v cmake >/dev/null || missing+=(cmake)
  command -v make >/dev/null || missing+=(make)
  [[ -e /usr/include/openssl/ssl.h ]] || missing+=(libssl-dev)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# least_glibc BINARY: prints the version; nothing where none is needed.
least_glibc() { readelf --version-info --wide "$1" | { grep -oE 'GLIBC_[0-9.]+' || true; } | sed 's/GLIBC_//' | sort -uV | tail -n 1; }

need_servers() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v redis-cli >/dev/null && command -v redis-benchmark >/dev/null || missing+=(redis-tools)
  command -v memcached >/dev/null || missing+=(memcached)
  # Stands in front of a broadcaster, and of a server.
  command -v haproxy >/dev/null || missing+=(haproxy)
  # Too old to be used: the tests see that it is refused.
  [[ -x /usr/sbin/nats-server ]] || missing+=(nats-server)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# is_fresh BINARY: it is there, and not older than what it is made from.
is_fresh() {
  [[ -x $1 && -s ${1%/*}/THIRD-PARTY-NOTICES && -z $(find "$ROOT/src" "$ROOT"/Directory.*.props "$ROOT/global.json" "$ROOT/scripts/build.sh" "$ROOT"/scripts/packaging/{old_math.c,debian.sh,notices.sh} \
    \( -name obj -o -name bin \) -prune -o -type f ! -name "*.md" -newer "$1" -print -quit) ]]
}

need_binary() { is_fresh "$ROOT/artifacts/dynode" || "$ROOT/scripts/build.sh"; }

need_portable_binary() { is_fresh "$ROOT/artifacts/portable/$1/dynode" || "$ROOT/scripts/build.sh" --portable --runtime "$1"; }

need_static_binary() { is_fresh "$ROOT/artifacts/static/dynode" || "$ROOT/scripts/build.sh" --static; }

# A real terminal, for what is shown on one.
need_terminal() { command -v tmux >/dev/null || install_packages tmux; }

# What makes packages of binaries.
need_packers() { command -v jq >/dev/null && command -v readelf >/dev/null || install_packages jq binutils; }

# An emulated Debian machine, to install packages on.
need_machine() {
  local missing=()
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v mke2fs >/dev/null || missing+=(e2fsprogs)
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# Runs single programs of arm64.
need_emulator() { command -v qemu-aarch64-static >/dev/null || install_packages qemu-user-static; }

# What does similar work, for scripts/compare.sh: beside it, and never in its place.
need_peers() {
  local missing=()
  command -v haproxy >/dev/null || missing+=(haproxy)
  command -v nginx >/dev/null || missing+=(nginx)
  [[ -e /usr/lib/nginx/modules/ngx_stream_module.so ]] || missing+=(libnginx-mod-stream)
  command -v nutcracker >/dev/null || missing+=(nutcracker)
  command -v carbon-c-relay >/dev/null || missing+=(carbon-c-relay)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# Client libraries, unmodified, exactly as their lock file says; nothing of theirs is run by installing them.
need_clients() {
  local folder=$ROOT/tests/clients
  # Node of Debian 12; the libraries want no newer one.
  need_node 18 || die "node is $(node --version), and 18 or later is needed"
  need_libraries "$folder"
}

# need_libraries FOLDER: of npm. The copy says which lock file the folder was made by; it is written last, so half a folder has none.
need_libraries() {
  local folder=$1
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.made-by" && return
  say "libraries of ${folder#"$ROOT/"}"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || die "npm ci failed in ${folder#"$ROOT/"}"
  cp "$folder/package-lock.json" "$folder/node_modules/.made-by"
}

# need_node VERSION: and npm with it; fails where the system's own is older.
need_node() {
  local missing=()
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
  [[ $(printf 'v%s\n%s\n' "$1" "$(node --version)" | sort -V | head -n 1) == "v$1" ]]
}

# A browser, what drives it, and what knows the rules of accessibility.
need_browser() {
  need_node 20.15 || return
  command -v chromium >/dev/null || install_packages chromium
  need_libraries "$ROOT/tests/page"
}

# What knows Prometheus' rules and Kubernetes' schemas. Of the package's server nothing is started.
need_checkers() {
  need_node 20.15 || return
  command -v promtool >/dev/null || install_packages prometheus
  command -v openssl >/dev/null || install_packages openssl
  need_libraries "$ROOT/tests/deploy"
}

# install_packages PACKAGE...: from Debian's own packages, where that needs no password; else says the command that does it.
install_packages() {
  local as=()
  command -v apt-get >/dev/null || die "missing: $*; install them with the packages of this system"
  if [[ $EUID -ne 0 ]]; then
    sudo -n true 2>/dev/null || die "missing: $*; run: sudo apt-get install -y $*"
    as=(sudo -n)
  fi
  say "install $*"
  hold_services
  # The package lists of a fresh container are empty, those of an old machine stale.
  local apt=("${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  "${apt[@]}" update || echo "apt-get update failed; trying with the lists that are here" >&2
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null || die "apt-get install -y $* failed"
  release_services
}

# Debian starts a server as soon as it is installed; ours come for the tests alone. A policy of the machine's own stays.
POLICY=/usr/sbin/policy-rc.d
POLICY_IS_OURS=
hold_services() {
  [[ ! -e $POLICY ]] || return 0
  printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee "$POLICY" >/dev/null
  "${as[@]}" chmod +x "$POLICY"
  POLICY_IS_OURS=yes
  # A script with a trap of its own calls this itself.
  [[ -n $(trap -p EXIT) ]] || trap release_services EXIT
}

release_services() {
  [[ -n $POLICY_IS_OURS ]] || return 0
  POLICY_IS_OURS=
  if [[ $EUID -eq 0 ]]; then rm -f "$POLICY"; else sudo -n rm -f "$POLICY"; fi
}

# Sets here to the runtime of this machine.
need_runtime() {
  case $(uname -m) in
    x86_64) here=linux-x64 ;;
    aarch64) here=linux-arm64 ;;
    *) die "no native compiler for $(uname -m)" ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  [[ ${1:-} != --help && ${1:-} != -h ]] || help
  [[ $# -eq 0 ]] || die "unknown option $1; see --help"
  need_dotnet
  need_toolchain
  need_servers
  need_clients
  echo "ready"
fi
