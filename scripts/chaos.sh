#!/usr/bin/env bash
#
# Kills and stops broadcasters of two regions, their servers and what orders them, at random moments, for long: RUNS times SECONDS
# seconds, each run with a seed of its own. In the end of each run all servers hold the same, each acknowledged request once, and
# nothing that a client was told is not kept. Prints each run's seed; stops at the first that fails, with how to have it again.
#
# usage: scripts/chaos.sh [--runs 50] [--seconds 30] [--nats 1|3] [--seed N]

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

runs=50
seconds=30
nats=3
seed=
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
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
export DYNODE_NATS_SERVER DYNODE_BINARY=$ROOT/artifacts/dynode DYNODE_CHAOS_SECONDS=$seconds DYNODE_CHAOS_NATS=$nats
(cd "$ROOT" && dotnet build tests/Dynode.AotCheck -c Release --nologo -v quiet)
for ((run = 1; run <= runs; run++)); do
  export DYNODE_TEST_SEED=${seed:-$((RANDOM << 15 | RANDOM))}
  say "run $run of $runs, seed $DYNODE_TEST_SEED"
  "$ROOT/tests/Dynode.AotCheck/bin/Release/net10.0/Dynode.AotCheck" -noLogo -noColor -noAutoReporters -showLiveOutput -class '*RegionsChaosTests' </dev/null ||
    die "run $run failed; the same again: scripts/chaos.sh --seconds $seconds --nats $nats --seed $DYNODE_TEST_SEED"
done
say "$runs runs, all equal"
