#!/usr/bin/env bash
#
# Debian's packages as files: of any of its releases and machines, unpacked into a folder, with nothing installed. Sourced,
# behind prepare.sh, on a Debian: its package source and its keys are used.

set -euo pipefail

# Prints where this machine has its packages from.
debian_mirror() {
  local lists=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources) mirror
  mirror=$(cat "${lists[@]}" 2>/dev/null | awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:.*debian/ && !found++) print $i }
    $1 == "URIs:" && $2 ~ /debian/ && !found++ { print $2 }' || true)
  [[ -n $mirror ]] || die "this machine has no source of Debian's packages (needed: one in /etc/apt/sources.list)"
  echo "$mirror"
}

debian_codename() {
  # shellcheck disable=SC1091
  (. /etc/os-release && echo "$VERSION_CODENAME")
}

debian_architecture() {
  case $1 in
    linux-x64) echo amd64 ;;
    linux-arm64) echo arm64 ;;
  esac
}

# unpack_debian CODENAME ARCHITECTURE FOLDER PACKAGE...: links that lead out of the folder are made to stay in it.
unpack_debian() {
  local state deb link
  command -v apt-get >/dev/null || die "apt-get is missing: this needs a Debian"
  state=$(mktemp -d)
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/debs" "$3"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) $1 main" >"$state/sources.list"
  local apt=(apt-get -qq -o APT::Sandbox::User=root -o "APT::Architecture=$2" -o "APT::Architectures::=$2" -o Dir::State::status=/dev/null
    -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache")
  "${apt[@]}" update && (cd "$state/debs" && "${apt[@]}" download "${@:4}") || die "Debian's packages cannot be had: ${*:4} of $1 for $2"
  for deb in "$state"/debs/*.deb; do dpkg-deb -x "$deb" "$3"; done
  find "$3" -type l -lname '/*' | while read -r link; do
    ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$3$(readlink "$link")")" "$link"
  done
  rm -rf "$state"
}

# need_sysroot RUNTIME: the libraries of Debian 11, to link with, and to run with in its place; says where they are in sysroot.
need_sysroot() {
  local packages=(libc6 libc6-dev libgcc-10-dev libgcc-s1 linux-libc-dev libssl1.1)
  sysroot=$ROOT/artifacts/sysroot/$1
  [[ -e $sysroot/.made-of && $(<"$sysroot/.made-of") == "${packages[*]}" ]] && return
  say "the libraries of Debian 11 for $1"
  rm -rf "$sysroot"
  unpack_debian bullseye "$(debian_architecture "$1")" "$sysroot" "${packages[@]}"
  # Written last, so that half a folder has none.
  echo "${packages[*]}" >"$sysroot/.made-of"
}
