#!/usr/bin/env bash
#
# Makes what goes onto machines without containers, in artifacts/packages: dynode-VERSION-linux-ARCH.tar.gz for x64 and arm64 (the
# binary, its configuration, units for systemd), a .deb of each, a tarball with a binary for machines without glibc, the list of
# parts (CycloneDX), and SHA256SUMS. The binaries are those of build.sh --portable and --static. The version is
# Directory.Build.props', with +dirty behind it where the sources are not those of a commit; two runs on one commit and one toolchain
# give the same bytes. Needs a Debian; installs jq.
#
# usage: scripts/package.sh [--test]
#
#   --test   then builds the binary again elsewhere, which must give the same bytes, and installs, starts, reloads, upgrades and
#            removes the .deb on an emulated Debian machine under systemd (debootstrap, qemu; needs root). The last line is
#            "N passed, N failed"

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
source "$ROOT/scripts/packaging/debian.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help
[[ $# -eq 0 || ($# -eq 1 && $1 == --test) ]] || die "unknown option ${*}; see --help"

PACKAGING=$ROOT/scripts/packaging
OUT=$ROOT/artifacts/packages
work=$(mktemp -d)
trap 'release_services; rm -rf "$work"' EXIT

# Every date in what is made is the commit's.
SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || stat -c %Y "$ROOT/Directory.Build.props")
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

# What marks a build of sources that no commit has; a folder that is no repository says nothing.
dirt() { [[ -z $(git -C "$ROOT" status --porcelain 2>/dev/null) ]] || echo +dirty; }

# deb VERSION RUNTIME FOLDER
deb() {
  local binary=$ROOT/artifacts/portable/$2/dynode root=$work/deb architecture package
  architecture=$(debian_architecture "$2")
  rm -rf "$root"
  install -D -m 755 "$binary" "$root/usr/bin/dynode"
  install -D -m 644 "$ROOT/configuration" "$root/etc/dynode/configuration"
  install -D -m 644 -t "$root/lib/systemd/system" "$PACKAGING/dynode.service" "$PACKAGING/dynode.socket"
  install -D -m 644 "$PACKAGING/completion/dynode.bash" "$root/usr/share/bash-completion/completions/dynode"
  install -D -m 644 "$PACKAGING/completion/_dynode" "$root/usr/share/zsh/vendor-completions/_dynode"
  install -D -m 644 "$ROOT/README.md" "$root/usr/share/doc/dynode/README.md"
  install -D -m 644 "$ROOT/LICENSE" "$root/usr/share/doc/dynode/copyright"
  install -D -m 644 "${binary%/*}/THIRD-PARTY-NOTICES" "$root/usr/share/doc/dynode/THIRD-PARTY-NOTICES"
  mkdir "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: dynode
Version: $1
Architecture: $architecture
Maintainer: The Dynode Native authors <dynode@localhost>
Section: net
Priority: optional
Depends: libc6 (>= $(least_glibc "$binary")), adduser, init-system-helpers, procps
Recommends: libssl3 | libssl3t64 | libssl1.1, ca-certificates
Installed-Size: $(du -k --apparent-size -s "$root" | cut -f 1)
Description: TCP broadcaster
 What a client sends reaches every server, and their replies come back: any
 protocol as it is, redis, memcached or lines in one order for all. Servers that
 are slow, down or new catch up; what they lose is counted.
CONTROL
  echo /etc/dynode/configuration >"$root/DEBIAN/conffiles"
  install -m 755 "$PACKAGING/postinst" "$PACKAGING/prerm" "$PACKAGING/postrm" "$root/DEBIAN/"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  package=$3/dynode_$1_$architecture.deb
  dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
}

# tarball NAME BINARY FOLDER
tarball() {
  local root=$work/tar
  rm -rf "$root"
  install -D -m 755 "$2" "$root/$1/dynode"
  install -m 644 "$ROOT/configuration" "$PACKAGING/dynode.service" "$PACKAGING/dynode.socket" "$ROOT/README.md" "$ROOT/LICENSE" "${2%/*}/THIRD-PARTY-NOTICES" "$root/$1/"
  install -D -m 644 -t "$root/$1/completion" "$PACKAGING/completion/dynode.bash" "$PACKAGING/completion/_dynode"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$root" -c "$1" | gzip -9n >"$3/$1.tar.gz"
}

parts() {
  jq --arg version "$label" --arg commit "$(git -C "$ROOT" rev-parse HEAD 2>/dev/null || echo unknown)$dirty" \
    --arg glibc "$(dpkg-query --show --showformat '${Version}' libc6-dev)" --arg compiler "$(cd "$ROOT" && dotnet --version)" -f "$PACKAGING/parts.jq" \
    "$ROOT/src/Dynode.Native/packages.lock.json" >"$1/dynode-$label-linux.cdx.json"
}

# packages FOLDER: all of them.
packages() {
  local runtime
  mkdir -p "$1"
  for runtime in linux-x64 linux-arm64; do
    tarball "dynode-$label-$runtime" "$ROOT/artifacts/portable/$runtime/dynode" "$1"
    deb "$label" "$runtime" "$1"
  done
  # Built on its own kind of machine alone.
  tarball "dynode-$label-$here-static" "$ROOT/artifacts/static/dynode" "$1"
  parts "$1"
  (cd "$1" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS)
}

need_runtime
need_dotnet
for runtime in linux-x64 linux-arm64; do need_portable_binary "$runtime"; done
need_static_binary
need_packers
version=$(cd "$ROOT" && dotnet msbuild src/Dynode.Native -getProperty:Version)
[[ $("$ROOT/artifacts/portable/$here/dynode" --version) == "dynode $version" ]] || die "artifacts/portable/$here/dynode is not of version $version; remove it"
dirty=$(dirt)
label=$version$dirty
say "packages of $label"
rm -rf "$OUT"
packages "$OUT"
(cd "$OUT" && stat -c '%s bytes  %n' -- *)
for runtime in linux-x64 linux-arm64; do echo "$runtime needs glibc $(least_glibc "$ROOT/artifacts/portable/$runtime/dynode") or later"; done
[[ ${1:-} == --test ]] || exit 0

source "$PACKAGING/test.sh"
