#!/usr/bin/env bash
#
# Kills, stops, sets back and cuts off broadcasters of several regions, their servers and what orders them, for long: RUNS times SECONDS
# seconds, each run with a seed of its own. In the end of each run all servers hold the same, each acknowledged request once, and
# nothing that a client was told is not kept. Prints each run's seed; stops at the first that fails, with how to have it again.
#
# usage: scripts/chaos.sh [--runs 50] [--seconds 30] [--nats 1|3] [--small] [--seed N]
#   --small   two regions of two redis and 16 clients, in place of two or three regions of three redis and 64 clients

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

runs=50
seconds=30
nats=3
full=1
seed=
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --small) full=0 && shift ;;
    --runs | --seconds | --nats | --seed)
      [[ ${2:-} =~ ^[0-9]+$ ]] || die "$1 needs a number"
      case $1 in
        --runs) runs=$2 ;;
        --seconds) seconds=$2 ;;
        --nats) nats=$2 ;;
        --seed) seed=$2 runs=1 ;;
      esac
      shift 2
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
[[ $nats == 1 || $nats == 3 ]] || die "--nats takes 1 or 3"

need_dotnet
need_servers
need_binary
[[ -n ${DYNODE_NATS_SERVER:-} ]] || { "$ROOT/scripts/newer-servers.sh" && DYNODE_NATS_SERVER=$ROOT/artifacts/newer/bin/nats-server; }
export DYNODE_NATS_SERVER DYNODE_BINARY=$ROOT/artifacts/dynode DYNODE_CHAOS_SECONDS=$seconds DYNODE_CHAOS_NATS=$nats DYNODE_CHAOS_FULL=$full
(cd "$ROOT" && dotnet build tests/Dynode.AotCheck -c Release --nologo -v quiet)
for ((run = 1; run <= runs; run++)); do
  export DYNODE_TEST_SEED=${seed:-$((RANDOM << 15 | RANDOM))}
  say "run $run of $runs, seed $DYNODE_TEST_SEED"
  "$ROOT/tests/Dynode.AotCheck/bin/Release/net10.0/Dynode.AotCheck" -noLogo -noColor -noAutoReporters -showLiveOutput -class '*RegionsChaosTests' </dev/null ||
    die "run $run failed; the same again: scripts/chaos.sh --seconds $seconds --nats $nats $([[ $full == 1 ]] || echo --small) --seed $DYNODE_TEST_SEED"
done
say "$runs runs, all equal"
