#!/usr/bin/env bash
#
# Measures what every request goes through, and what a start does, with BenchmarkDotNet: one file in perf/Dynode.Benchmarks for
# each type that is guarded. It compiles them natively, as the program is shipped, takes its time, and writes its tables to
# perf/results/benchmarks-DATE-COMMIT.md; with --filter it only prints them.
#
# usage: scripts/bench.sh [--short] [--filter PATTERN...] [-- BenchmarkDotNet's other options]
#        scripts/bench.sh --gate [--filter PATTERN...]
#
#   --short            a tenth of the time: good for a look
#   --gate             in seconds: runs each of them and fails over the first byte of one that promises to allocate none, whatever
#                      the times are; not compiled natively, but optimized as if
#   --filter PATTERN   only those whose full name matches: --filter '*FanOutLog*' '*Policies*'

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

gate=()
short=()
options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --gate) gate=(--gate) ;;
    --short) short=(--short) ;;
    --filter)
      [[ $# -gt 1 && $2 != -* ]] || die "$1 needs a pattern"
      options+=("$1")
      while [[ $# -gt 1 && $2 != -* ]]; do
        options+=("$2")
        shift
      done
      ;;
    --)
      options+=("${@:2}")
      break
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
  shift
done
[[ ${#gate[@]} -eq 0 || ${#short[@]} -eq 0 ]] || die "--gate takes no time that could be shortened"

need_dotnet
cd "$ROOT"
project=perf/Dynode.Benchmarks
program=$project/bin/Release/net10.0/Dynode.Benchmarks
dotnet build "$project" -c Release --nologo -v quiet -warnaserror >&2

if [[ ${#gate[@]} -gt 0 ]]; then
  exec "$program" "${gate[@]}" "${options[@]}"
fi

need_toolchain
if [[ ${#options[@]} -gt 0 ]]; then
  exec "$program" "${short[@]}" "${options[@]}"
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
