#!/usr/bin/env bash
#
# Publishes the native binary to artifacts/dynode and prints its size. Installs the C toolchain where it can. Any
# warning of the compiler, the trimmer or the native compiler is a failure. One for another machine, or without any shared
# library, goes to artifacts/RUNTIME or artifacts/static instead.
#
# usage: scripts/build.sh [--runtime linux-x64|linux-arm64] [--static] [MSBuild option...]   e.g. scripts/build.sh -p:Version=1.2.3
#
#   --runtime R   for which machines (default: this one's); the other of the two is linked by clang and lld
#   --static      without glibc, for machines with another libc or none: names are looked up by files and DNS alone, and
#                 there is no https list

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

case $(uname -m) in
  x86_64) here=linux-x64 ;;
  aarch64) here=linux-arm64 ;;
  *) die "no native compiler for $(uname -m)" ;;
esac
runtime=$here
static=
options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --runtime)
      [[ ${2:-} =~ ^linux-(x64|arm64)$ ]] || die "--runtime takes linux-x64 or linux-arm64"
      runtime=$2
      shift
      ;;
    --static) static=yes ;;
    *) options+=("$1") ;;
  esac
  shift
done

need_dotnet
need_toolchain
if [[ $runtime != "$here" ]]; then
  [[ -z $static ]] || die "--static is for this machine's kind alone"
  need_cross_toolchain "$runtime"
  options+=(-p:CppCompilerAndLinker=clang -p:LinkerFlavor=lld -p:ObjCopyName=llvm-objcopy)
elif [[ -n $static ]]; then
  need_lld
  options+=(-p:StaticExecutable=true -p:LinkerFlavor=lld -p:DynodeStatic=true)
fi

out=$ROOT/artifacts
[[ $runtime == "$here" ]] || out=$out/$runtime
[[ -z $static ]] || out=$out/static
mkdir -p "$out"
# What was linked otherwise would not be linked again.
kind=$runtime${static:+-static}
made=$ROOT/src/Dynode.Native/obj/Release/net10.0/$runtime/.linked
[[ ! -e $made || $(<"$made") == "$kind" ]] || rm -rf "$(dirname "$made")/native"
log=$out/build.log
started=$(date +%s.%N)
locked=()
[[ -z ${CI:-} ]] || locked=(--locked-mode)

say "publish $runtime"
cd "$ROOT"
# Restored on its own: publish would restore the libraries for one runtime alone, which is not what their lock files say.
{
  dotnet restore src/Dynode.Native --nologo -v quiet "${locked[@]}" &&
    dotnet publish src/Dynode.Native --no-restore -c Release -r "$runtime" -o "$out/publish" --nologo -v minimal "${options[@]}"
} 2>&1 | tee "$log" || die "the build failed"
# Warnings are errors already; this is for those that some tool only prints.
! grep -E 'warning|\bIL[23][0-9]{3}\b' "$log" >&2 || die "the build has warnings"

# Moved into its place at once: one that runs keeps its own file. It is as old as the start of this build, so that a source
# saved meanwhile makes it stale.
install -m 755 "$out/publish/dynode" "$out/.dynode.new"
touch -d "@$started" "$out/.dynode.new"
mv -f "$out/.dynode.new" "$out/dynode"

bytes=$(stat -c %s "$out/dynode")
mkdir -p "$(dirname "$made")"
echo "$kind" >"$made"
printf '\n%s: %d bytes, %d.%02d MiB\n' "${out#"$ROOT"/}/dynode" "$bytes" $((bytes >> 20)) $(((bytes & 1048575) * 100 >> 20))
