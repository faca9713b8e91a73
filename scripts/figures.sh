#!/usr/bin/env bash
#
# Measures the native binary and prints what the README quotes: its size, the time from exec to listening (least and
# median of 20 starts), and its resident memory when idle with three servers and one client.
#
# usage: scripts/figures.sh

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help
[[ $# -eq 0 ]] || die "unknown option $1; see --help"

need_dotnet
cd "$ROOT"
"$ROOT/scripts/build.sh" >&2
dotnet build tests/Dynode.AotCheck -c Release --nologo -v quiet >&2
# The test prints them and holds them to the limits; its other words are for who looks for a fault.
DYNODE_BINARY=$ROOT/artifacts/dynode tests/Dynode.AotCheck/bin/Release/net10.0/Dynode.AotCheck \
  -noLogo -noColor -class Dynode.AotCheck.FiguresTests </dev/null | tee >(cat >&2) | grep '^figure: ' | sed 's/^figure: //'
