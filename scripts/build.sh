#!/usr/bin/env bash
#
# Publishes the native binary to artifacts/dynode and prints its size. Installs the C toolchain where it can. Any
# warning of the compiler, the trimmer or the native compiler is a failure.
#
# usage: scripts/build.sh [MSBuild option...]        e.g. scripts/build.sh -p:Version=1.2.3

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help

need_dotnet
need_toolchain

case $(uname -m) in
  x86_64) runtime=linux-x64 ;;
  aarch64) runtime=linux-arm64 ;;
  *) die "no native compiler for $(uname -m)" ;;
esac

out=$ROOT/artifacts
mkdir -p "$out"
log=$out/build.log
started=$(date +%s.%N)
locked=()
[[ -z ${CI:-} ]] || locked=(--locked-mode)

say "publish $runtime"
cd "$ROOT"
# Restored on its own: publish would restore the libraries for one runtime alone, which is not what their lock files say.
{
  dotnet restore src/Dynode.Native --nologo -v quiet "${locked[@]}" &&
    dotnet publish src/Dynode.Native --no-restore -c Release -r "$runtime" -o "$out/publish" --nologo -v minimal "$@"
} 2>&1 | tee "$log" || die "the build failed"
# Warnings are errors already; this is for those that some tool only prints.
! grep -E 'warning|\bIL[23][0-9]{3}\b' "$log" >&2 || die "the build has warnings"

# Moved into its place at once: one that runs keeps its own file. It is as old as the start of this build, so that a source
# saved meanwhile makes it stale.
install -m 755 "$out/publish/dynode" "$out/.dynode.new"
touch -d "@$started" "$out/.dynode.new"
mv -f "$out/.dynode.new" "$out/dynode"

bytes=$(stat -c %s "$out/dynode")
printf '\nartifacts/dynode: %d bytes, %d.%02d MiB\n' "$bytes" $((bytes >> 20)) $(((bytes & 1048575) * 100 >> 20))
