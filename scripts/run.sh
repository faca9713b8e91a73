#!/usr/bin/env bash
#
# Builds the native binary if it is missing or older than the sources, and starts it. Without arguments it is the demo:
# the broadcaster on port 9000 with three tiny servers behind it; then try `nc localhost 9000`.
#
# usage: scripts/run.sh                              the demo
#        scripts/run.sh -c ./configuration           any arguments of the binary

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# --help of the binary is its own: scripts/run.sh -- --help.
[[ ${1:-} != --help ]] || help
[[ ${1:-} != -- ]] || shift

# The working directory is the caller's: relative paths in the arguments are meant from there. What the build says goes
# to standard error: standard output is the binary's.
need_binary >&2
[[ $# -gt 0 ]] || set -- demo
exec "$ROOT/artifacts/dynode" "$@"
