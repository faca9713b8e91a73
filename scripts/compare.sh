#!/usr/bin/env bash
#
# Measures the broadcaster beside the least that the same work can be done with (the floor: perf/floor/), and beside what
# others use for a part of it: haproxy and nginx (raw, one server), nutcracker (redis, one server), carbon-c-relay (lines).
# All do the same work in one run, in turns, and the ratios are what is looked at: times are the machine's own. Installs
# the others from Debian's packages; their configurations are in perf/compare/. A full run takes about 25 minutes.
#
# What was read goes to perf/results/DATE-COMMIT.md, with the targets and whether they are met, and to .tsv. A run in
# which not every byte was delivered is an ERROR there, and makes the exit status 1; a target that is not met does not.
#
# usage: scripts/compare.sh [option...]
#
#   --only WHAT,...      of raw, redis, line (each the works below), resp3 (clients of RESP2, of RESP3, and half of each),
#                        half (latency at half of the peak's rate), down (one of four servers is down), idle (memory of a
#                        client), start (exec to listening; the binary), tls (clients by TLS, beside haproxy and nginx; not by default,
#                        and not in the tables: it prints what it reads)
#   --servers N,...      of these works (default 1,4,16,100)
#   --sizes BYTES,...    of a request (default 64,16384)
#   --works WHAT,...     of bulk (4 clients, no replies), pingpong (50 clients, one request in flight), window (50 clients,
#                        16 in flight)
#   --subjects WHAT,...  of floor, dynode, haproxy, nginx, nutcracker, carbon-c-relay
#   --repeats N          rounds of each (default 5); medians are shown
#   --quick              one round, little work, one and four servers, in artifacts/compare: shows that everything runs
#                        and that all is delivered; its times mean nothing, and no target is looked at
#   --output FOLDER      the two files go there

set -euo pipefail
# The trap that says what broke off is for functions too.
set -E
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help
export LC_ALL=C
COMPARE=$ROOT/perf/compare
FLOOR=$ROOT/artifacts/floor
BINARY=$ROOT/artifacts/dynode

arguments=()
only=raw,redis,line,resp3,half,down,idle,start
servers=
sizes=64,16384
works=bulk,pingpong,window
subjects=floor,dynode,haproxy,nginx,nutcracker,carbon-c-relay
repeats=
quick=
output=

# among OPTION VALUE,... NAME...: every value is one of the names.
among() {
  local option=$1 value
  for value in ${2//,/ }; do
    [[ " ${*:3} " == *" $value "* ]] || die "$option: $value is none of: ${*:3}"
  done
}

# numbers OPTION VALUE,... LEAST MOST
numbers() {
  local option=$1 value
  [[ -n $2 ]] || die "$option needs a number"
  for value in ${2//,/ }; do
    [[ $value =~ ^[1-9][0-9]{0,7}$ && $value -ge $3 && $value -le $4 ]] || die "$option: $value is not a number from $3 to $4"
  done
}

while [[ $# -gt 0 ]]; do
  [[ $1 == --output ]] || arguments+=("$1")
  case $1 in
    --help | -h) help ;;
    --quick) quick=yes ;;
    --only | --servers | --sizes | --works | --subjects | --repeats | --output)
      [[ $# -gt 1 && -n $2 ]] || die "$1 needs a value"
      [[ $1 == --output ]] || arguments+=("$2")
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
  shift
done
: "${servers:=$([[ -n $quick ]] && echo 1,4 || echo 1,4,16,100)}" "${repeats:=$([[ -n $quick ]] && echo 1 || echo 5)}"
among --only "$only" raw redis line resp3 half down idle start tls
among --works "$works" bulk pingpong window
among --subjects "$subjects" floor dynode haproxy nginx nutcracker carbon-c-relay
numbers --servers "$servers" 1 1000
numbers --sizes "$sizes" 64 1048576
numbers --repeats "$repeats" 1 1000

# chosen LIST NAME: whether the option's list has it.
chosen() { [[ ,$1, == *",$2,"* ]]; }

source "$COMPARE/subjects.sh"
source "$COMPARE/reading.sh"
source "$COMPARE/sections.sh"
source "$COMPARE/report.sh"

work=$(mktemp -d)
readings=$work/readings.tsv
: >"$readings"
reported=
# What was read until then is kept, whatever ends this.
finish() {
  local status=$?
  trap - EXIT ERR
  end_all
  release_services
  if [[ -z $reported && $(wc -l <"$readings") -gt 1 ]]; then
    broke_off=$status
    report || true
  fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'echo "compare.sh: ${BASH_SOURCE[0]##*/}, line $LINENO: failed: $BASH_COMMAND" >&2' ERR
trap 'echo "compare.sh: interrupted" >&2 && exit 130' INT
trap 'echo "compare.sh: terminated" >&2 && exit 143' TERM
trap 'echo "compare.sh: hung up" >&2 && exit 129' HUP

need_toolchain
need_peers
need_binary
"$ROOT/perf/floor/build.sh"
ulimit -n "$(ulimit -Hn)"

# section WHAT COMMAND...
section() {
  say "$1"
  "${@:2}"
}

if [[ $only == tls ]]; then
  node "$ROOT/perf/tls/tls.mjs" "$repeats"
  exit
fi

header >"$readings"
began=$SECONDS
load=$(cut -d' ' -f1-3 /proc/loadavg)
if chosen "$only" raw; then section "raw" works_of raw; fi
if chosen "$only" redis; then section "redis" works_of redis; fi
if chosen "$only" line; then section "line" works_of line; fi
if chosen "$only" resp3; then section "RESP2 and RESP3" both_protocols; fi
if chosen "$only" half; then section "half of the peak" half_of_peak; fi
if chosen "$only" down; then section "one server down" one_down; fi
if chosen "$only" idle; then section "idle clients" idle_clients; fi
if chosen "$only" start; then section "start" starts; fi
report
errors=$(awk -F'\t' '$8 == "ERROR"' "$readings" | wc -l)
[[ $errors -eq 0 ]] || die "$errors runs did not do all of their work; see ERROR in what was written"
