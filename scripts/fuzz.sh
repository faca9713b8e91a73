#!/usr/bin/env bash
#
# Feeds each reader of what comes from outside mutated inputs, for as long as it is told: requests and replies of all protocols,
# configuration, answers of the list URL, kept and handed state, headers of proxies, parcels and notes of the stream. Prints how many
# inputs each was given; one that is not read as it must be is printed as short as it can be had, with the seed that leads to it.
#
# usage: scripts/fuzz.sh [--minutes N] [--only NAME] [--seed N]
#
#   --minutes N   for each reader (default 1); they are tried one after the other
#   --only NAME   only tests whose full name contains NAME: Redis, A_configuration, StreamFuzz
#   --seed N      the same inputs again, on the same build

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

minutes=1
filter=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --minutes | --only | --seed)
      [[ $# -gt 1 ]] || die "$1 needs a value"
      case $1 in
        --minutes) minutes=$2 ;;
        --only) filter=(-method "*$2*") ;;
        --seed) export DYNODE_TEST_SEED=$2 ;;
      esac
      shift 2
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "--minutes: $minutes is no number"

cd "$ROOT"
need_dotnet
dotnet restore Dynode.Native.sln --nologo -v quiet
dotnet build tests/Dynode.UnitTests -c Release --no-restore --nologo -v minimal -warnaserror
DYNODE_FUZZ_SECONDS=$(awk -v minutes="$minutes" 'BEGIN { printf "%.0f", minutes * 60 }') \
  exec tests/Dynode.UnitTests/bin/Release/net10.0/Dynode.UnitTests -noLogo -noColor -noAutoReporters -parallel none -showLiveOutput -trait Kind=fuzz "${filter[@]}"
