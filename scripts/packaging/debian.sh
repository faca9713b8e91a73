#!/usr/bin/env bash
#
# Debian's packages as files: of any of its releases and machines, unpacked into a folder, with nothing installed. Sourced,
# behind prepare.sh, on a Debian: its package source and its keys are used.

set -euo pipefail

# The status (EX_UNAVAILABLE) of what this machine cannot fetch: no Debian, or no way to its packages. Who can do without goes on.
NOT_TO_BE_HAD=69

not_to_be_had() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit "$NOT_TO_BE_HAD"
}

debian_codename() {
  # shellcheck disable=SC1091
  (. /etc/os-release && echo "$VERSION_CODENAME")
}

# Sets mirror to where this machine has Debian itself from, among all that it may have packages from.
need_mirror() {
  command -v apt-get >/dev/null || not_to_be_had "apt-get is missing: this needs a Debian"
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' "Created-By: Packages" |
    awk -v release="$(debian_codename)" '$1 ~ /\/debian\/$/ && $2 == release && $3 == "main" && !found++ { print $1 }')
  [[ -n $mirror ]] || not_to_be_had "among this machine's package sources is none of Debian $(debian_codename) itself"
}

debian_architecture() {
  case $1 in
    linux-x64) echo amd64 ;;
    linux-arm64) echo arm64 ;;
  esac
}

# unpack_debian CODENAME ARCHITECTURE FOLDER PACKAGE...: links that lead out of the folder are made to stay in it.
unpack_debian() {
  local mirror state deb link
  need_mirror
  state=$3.debs
  rm -rf "$state"
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$3"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$state/sources.list"
  local apt=(apt-get -qq -o APT::Sandbox::User=root -o "APT::Architecture=$2" -o "APT::Architectures::=$2" -o Dir::State::status=/dev/null
    -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache")
  "${apt[@]}" update && (cd "$state" && "${apt[@]}" download "${@:4}") || not_to_be_had "Debian's packages cannot be had: ${*:4} of $1 for $2"
  for deb in "$state"/*.deb; do dpkg-deb -x "$deb" "$3"; done
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
