#!/usr/bin/env bash
#
# Builds the programs of this folder into artifacts/floor: the least that the broadcaster's work can be done with (raw, framed),
# and what drives and receives it (blaster, sink). Each says what it does in its first lines.
#
# usage: perf/floor/build.sh

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help

need_toolchain
out=$ROOT/artifacts/floor
mkdir -p "$out"
for program in raw framed sink blaster; do
  gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$out/$program" "$ROOT/perf/floor/$program.c"
done
