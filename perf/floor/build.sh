#!/usr/bin/env bash
#
# Builds what the broadcaster is measured against, and with, to artifacts/floor/: raw and framed (the same work in a few
# lines of C: the limit), sink (the servers) and blaster (the clients). Each one's --help says how it is called. Only what
# is older than its source is built.
#
# usage: perf/floor/build.sh

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help
[[ $# -eq 0 ]] || die "unknown option $1; see --help"

need_toolchain
sources=$ROOT/perf/floor
out=$ROOT/artifacts/floor
mkdir -p "$out"

# program NAME SOURCE...: linked from its sources; headers count as sources of all.
program() {
  local name=$1 binary=$out/$1 files=("${@:2}")
  files=("${files[@]/#/$sources/}")
  [[ ! -x $binary || -n $(find "${files[@]}" "$sources"/*.h "$sources/build.sh" -newer "$binary") ]] || return 0
  gcc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o "$out/.$name.new" "${files[@]}"
  mv -f "$out/.$name.new" "$binary"
  echo "artifacts/floor/$name"
}

program sink sink.c
program raw raw.c
program framed framed.c
program blaster blaster.c pattern.c latency.c process.c hold.c
