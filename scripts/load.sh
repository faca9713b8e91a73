#!/usr/bin/env bash
#
# Puts the native binary under load, scenario by scenario and protocol by protocol, prints what was measured, and checks
# that every server received exactly what was sent, in order. Builds what is missing or older than the sources. The last
# line is "N passed, N failed"; a single failure is exit status 1.
#
# usage: scripts/load.sh [--host plain|nbomber] [OPTION]...
#
#   --host HOST       what runs the scenarios: plain (default), or nbomber (NBomber 4.1.2, where that package can be had)
#   --scenario NAME   steady, ramp, spike, soak, churn, slow-server, down-and-back, membership or
#                     membership-url; may be repeated
#   --protocol NAME   raw, redis, memcached or line; may be repeated
#   --duration S      whole seconds of load in each scenario: 30, at least 2
#   --rate R          requests a second, where a scenario goes by a rate: 2000
#   --copies C        clients at once: 32
#   --damage KIND@I   proves the checks: the server with index I (0 to 2) loses a byte of one request, or loses it, gets it
#                     twice, or swapped with the next (byte, lost, twice, swapped); every scenario must fail

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

host=plain
options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --host)
      [[ $# -gt 1 ]] || die "$1 needs a value"
      host=$2
      shift 2
      ;;
    --scenario | --protocol | --duration | --rate | --copies | --damage)
      [[ $# -gt 1 ]] || die "$1 needs a value"
      options+=("$1" "$2")
      shift 2
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
done

case $host in
  plain) project=Dynode.LoadTest ;;
  nbomber) project=Dynode.LoadTest.NBomber ;;
  *) die "no host is called $host; see --help" ;;
esac

need_dotnet
cd "$ROOT"
# What builds say goes to standard error: standard output is the report.
need_binary >&2
# NU1101: no source has the package; NU1102: none has that version. Whatever else fails says itself what it is.
restored=$(dotnet restore "perf/$project" --nologo -v quiet 2>&1) || {
  printf '%s\n' "$restored" >&2
  [[ $host != nbomber || ! $restored =~ NU110[12] ]] ||
    die "NBomber 4.1.2 cannot be had from the package sources of this machine; scripts/load.sh runs the same scenarios without it"
  die "the restore failed"
}
dotnet build "perf/$project" -c Release --no-restore --nologo -v quiet >&2
exec "perf/$project/bin/Release/net10.0/$project" "${options[@]}"
