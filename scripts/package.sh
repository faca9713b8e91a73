#!/usr/bin/env bash
#
# Makes what goes onto a machine without containers, in artifacts/packages: dynode-VERSION-linux-ARCH.tar.gz (the binary, its
# configuration, a unit for systemd), a .deb of the same, the list of its parts (CycloneDX), and SHA256SUMS. The version is
# Directory.Build.props'; two runs on one commit and one toolchain give the same bytes. Installs jq from Debian's packages.
#
# usage: scripts/package.sh [--test]
#
#   --test   then builds the binary again elsewhere, which must give the same bytes, and installs, starts, reloads, upgrades and
#            removes the .deb on an emulated Debian machine under systemd (debootstrap, qemu; needs root). The last line is
#            "N passed, N failed"

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help
[[ $# -eq 0 || ($# -eq 1 && $1 == --test) ]] || die "unknown option ${*}; see --help"

PACKAGING=$ROOT/scripts/packaging
OUT=$ROOT/artifacts/packages
work=$(mktemp -d)
trap 'release_services; rm -rf "$work"' EXIT

case $(uname -m) in
  x86_64) arch=x64 debian=amd64 ;;
  aarch64) arch=arm64 debian=arm64 ;;
  *) die "no package for $(uname -m)" ;;
esac

# Every date in what is made is the commit's.
SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || stat -c %Y "$ROOT/Directory.Build.props")
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC

# The least glibc that the binary asks for.
least_glibc() { objdump -T "$1" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -uV | tail -n 1; }

# deb VERSION: prints the file's name.
deb() {
  local root=$work/deb-$1 file
  rm -rf "$root"
  install -D -m 755 "$ROOT/artifacts/dynode" "$root/usr/bin/dynode"
  install -D -m 644 "$ROOT/configuration" "$root/etc/dynode/configuration"
  install -D -m 644 "$PACKAGING/dynode.service" "$root/lib/systemd/system/dynode.service"
  install -D -m 644 "$ROOT/README.md" "$root/usr/share/doc/dynode/README.md"
  install -D -m 644 "$ROOT/LICENSE" "$root/usr/share/doc/dynode/copyright"
  mkdir "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: dynode
Version: $1
Architecture: $debian
Maintainer: The Dynode Native authors <dynode@localhost>
Section: net
Priority: optional
Depends: libc6 (>= $(least_glibc "$ROOT/artifacts/dynode")), adduser, init-system-helpers, procps
Recommends: libssl3 | libssl3t64, ca-certificates
Installed-Size: $(du -k --apparent-size -s "$root" | cut -f 1)
Description: TCP broadcaster
 What a client sends reaches every server, and their replies come back: any
 protocol as it is, redis, memcached or lines in one order for all. Servers that
 are slow, down or new catch up; what they lose is counted.
CONTROL
  echo /etc/dynode/configuration >"$root/DEBIAN/conffiles"
  install -m 755 "$PACKAGING/postinst" "$PACKAGING/prerm" "$PACKAGING/postrm" "$root/DEBIAN/"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  file=dynode_$1_$debian.deb
  dpkg-deb --root-owner-group -Zxz --build "$root" "$2/$file" >/dev/null
  echo "$file"
}

tarball() {
  local name=dynode-$version-linux-$arch root=$work/tar
  install -D -m 755 "$ROOT/artifacts/dynode" "$root/$name/dynode"
  install -m 644 "$ROOT/configuration" "$PACKAGING/dynode.service" "$ROOT/README.md" "$ROOT/LICENSE" "$root/$name/"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$root" -c "$name" | gzip -9n >"$OUT/$name.tar.gz"
}

parts() {
  jq --arg version "$version" --arg commit "$(git -C "$ROOT" rev-parse HEAD 2>/dev/null || echo unknown)" \
    --arg compiler "$(cd "$ROOT" && dotnet --version)" -f "$PACKAGING/parts.jq" \
    "$ROOT/src/Dynode.Native/packages.lock.json" >"$OUT/dynode-$version-linux-$arch.cdx.json"
}

need_dotnet
need_binary
command -v jq >/dev/null && command -v objdump >/dev/null || install_packages jq binutils
version=$("$ROOT/artifacts/dynode" --version | sed 's/^dynode //')
say "packages of $version"
rm -rf "$OUT"
mkdir -p "$OUT"
tarball
deb "$version" "$OUT" >/dev/null
parts
(cd "$OUT" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS)
(cd "$OUT" && stat -c '%s bytes  %n' -- *)
echo "the binary needs glibc $(least_glibc "$ROOT/artifacts/dynode") or later"
[[ ${1:-} == --test ]] || exit 0

source "$PACKAGING/test.sh"
