#!/usr/bin/env bash
#
# Publishes the native binary to artifacts/dynode and prints its size and the least glibc that it needs; beside it stands
# THIRD-PARTY-NOTICES, the licences and notices of what it is linked from. Installs the C toolchain where it can. Any warning of the compiler, the trimmer or the native compiler is a failure.
#
# usage: scripts/build.sh [--portable] [--runtime linux-x64|linux-arm64] [--static [--tls]] [-p:PROPERTY=VALUE...]   e.g. scripts/build.sh -p:Version=1.2.3
#
#   --portable    for any machine with a glibc, also a much older one than this machine's: linked by clang and lld with
#                 Debian 11's libraries, which are fetched for it (on a Debian), to artifacts/portable/RUNTIME/dynode
#   --runtime R   for which machines (default: this one's); for the other of the two always portable
#   --static      without any shared library, for machines with another libc or none, to artifacts/static/dynode: names are
#                 looked up by files and DNS alone, and there is no TLS
#   --tls         with --static: with OpenSSL in it, four MiB more, to artifacts/static-tls/dynode

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
source "$ROOT/scripts/packaging/debian.sh"
source "$ROOT/scripts/packaging/notices.sh"

need_runtime
runtime=$here
kind=
tls=
options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --runtime)
      [[ ${2:-} =~ ^linux-(x64|arm64)$ ]] || die "--runtime takes linux-x64 or linux-arm64"
      runtime=$2
      shift
      ;;
    --static | --portable)
      [[ -z $kind || --$kind == "$1" ]] || die "--static and --portable are two things: choose one"
      kind=${1#--}
      ;;
    --tls) tls=yes ;;
    -p:*=* | --property:*=*) options+=("$1") ;;
    *) die "unknown option $1; see --help" ;;
  esac
  shift
done

if [[ -n $tls ]]; then
  [[ $kind == static ]] || die "--tls is for --static: the others use the OpenSSL of the machine that they run on"
  kind=static-tls
fi

if [[ $runtime != "$here" ]]; then
  [[ $kind != static* ]] || die "--static is for this machine's kind alone"
  kind=portable
fi

need_dotnet
need_toolchain
out=$ROOT/artifacts${kind:+/$kind}
[[ $kind != portable ]] || out=$out/$runtime
mkdir -p "$out"
case $kind in
  portable)
    need_clang
    need_sysroot "$runtime"
    machine=$([[ $runtime == linux-x64 ]] && echo x86_64 || echo aarch64)
    clang "--target=$machine-linux-gnu" "--sysroot=$sysroot" -Wall -Werror -O2 -c "$ROOT/scripts/packaging/old_math.c" -o "$out/old_math.o"
    options+=(-p:CppCompilerAndLinker=clang -p:LinkerFlavor=lld -p:ObjCopyName=llvm-objcopy "-p:SysRoot=$sysroot" "-p:DynodeMath=$out/old_math.o")
    ;;
  static*)
    need_clang
    options+=(-p:CppCompilerAndLinker=clang -p:StaticExecutable=true -p:LinkerFlavor=lld -p:DynodeStatic=true)
    if [[ -n $tls ]]; then
      need_openssl
      options+=(-p:StaticOpenSslLinking=true)
    fi
    ;;
  # Named, or clang would be taken where it is to be had.
  *) options+=(-p:CppCompilerAndLinker=gcc) ;;
esac
# What was linked otherwise would not be linked again.
made=$ROOT/src/Dynode.Native/obj/shipped/Release/net10.0/$runtime/.linked
[[ -e $made && $(<"$made") == "$kind" ]] || rm -rf "$(dirname "$made")/native" "$made"
log=$out/build.log
started=$(date +%s.%N)
locked=()
[[ -z ${CI:-} ]] || locked=(--locked-mode)

say "publish $runtime${kind:+, $kind}"
cd "$ROOT"
# Restored on its own: publish would restore the libraries for one runtime alone, which is not what their lock files say.
{
  dotnet restore src/Dynode.Native --nologo -v quiet "${locked[@]}" &&
    dotnet publish src/Dynode.Native --no-restore -c Release -r "$runtime" -o "$out/publish" --nologo -v minimal -p:Shipped=true "${options[@]}"
} 2>&1 | tee "$log" || die "the build failed"
# Warnings are errors already; this is for those that some tool only prints. Of the runtime's own sources, which are compiled where OpenSSL is
# linked in, they are its makers'.
! grep -vE 'native/src/libs/|^ *[0-9]+ warnings? generated' "$log" | grep -E 'warning|\bIL[23][0-9]{3}\b' >&2 || die "the build has warnings"

notices "$runtime" "$kind" >"$out/.notices.new"
mv -f "$out/.notices.new" "$out/THIRD-PARTY-NOTICES"
# Moved into its place at once: one that runs keeps its own file. It is as old as the start of this build, so that a source
# saved meanwhile makes it stale.
install -m 755 "$out/publish/dynode" "$out/.dynode.new"
touch -d "@$started" "$out/.dynode.new"
mv -f "$out/.dynode.new" "$out/dynode"

bytes=$(stat -c %s "$out/dynode")
mkdir -p "$(dirname "$made")"
echo "$kind" >"$made"
glibc=$(least_glibc "$out/dynode")
printf '\n%s: %d bytes, %d.%02d MiB; needs %s\n' "${out#"$ROOT"/}/dynode" "$bytes" $((bytes >> 20)) $(((bytes & 1048575) * 100 >> 20)) \
  "$([[ -n $glibc ]] && echo "glibc $glibc" || echo "no libc")"
