#!/usr/bin/env bash
#
# Measures what every request goes through, and what a start does, with BenchmarkDotNet: one file in perf/Dynode.Benchmarks for
# each type that is guarded. It compiles them natively, as the program is shipped, takes its time, and writes its tables to
# perf/results/benchmarks-DATE-COMMIT.md; with --filter it only prints them.
#
# usage: scripts/bench.sh [--short] [--filter PATTERN...] [BenchmarkDotNet's other options]
#        scripts/bench.sh --gate [--filter PATTERN...]
#
#   --short            a tenth of the time: good for a look
#   --gate             in seconds: runs each of them and fails over the first byte of one that promises to allocate none, whatever
#                      the times are; not compiled natively, but optimized as if
#   --filter PATTERN   only those whose full name matches: --filter '*FanOutLog*' '*Policies*'

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help

need_dotnet
cd "$ROOT"
project=perf/Dynode.Benchmarks
program=$project/bin/Release/net10.0/Dynode.Benchmarks
dotnet build "$project" -c Release --nologo -v quiet -warnaserror >&2

if [[ ${1:-} == --gate ]]; then
  exec "$program" "$@"
fi

need_toolchain
short=()
if [[ ${1:-} == --short ]]; then
  short=(--short)
  shift
fi
if [[ $# -gt 0 ]]; then
  exec "$program" "${short[@]}" "$@"
fi

commit=$(git rev-parse --short HEAD)
changed=
git diff --quiet HEAD -- src perf/Dynode.Benchmarks || changed=" with changes"
tables=$ROOT/artifacts/benchmarks/summary.md
mkdir -p "$(dirname "$tables")"
rm -f "$tables"
status=0
"$program" "${short[@]}" --summary "$tables" --filter '*' || status=$?
[[ -s $tables ]] || exit "$status"

result=perf/results/benchmarks-$(date -u +%F)-$commit.md
mkdir -p "$(dirname "$result")"
{
  printf '# Benchmarks, %s, commit %s%s\n\n    %s\n\n' "$(date -u +%F)" "$commit" "$changed" "scripts/bench.sh${short[*]:+ ${short[*]}}"
  cat "$tables"
} >"$result"
say "$result"
exit "$status"
