#!/usr/bin/env bash
#
# Installs, starts, reloads, upgrades and removes the .deb in a Debian of its own, and has systemd judge the unit. Sourced by
# scripts/package.sh --test, after the packages have been made; that Debian is a folder, and is gone afterwards.

set -euo pipefail

source "$PACKAGING/checks.sh"

debian_root=$work/debian

finish_test() {
  local status=$?
  trap - EXIT
  set +e
  ! mountpoint -q "$debian_root/proc" || umount "$debian_root/proc"
  conclude "$status"
}

inside() { chroot "$debian_root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
install_deb() { cp "$1" "$debian_root/tmp/dynode.deb" && inside dpkg --force-confold -i /tmp/dynode.deb; }
logged() { grep -q "$1" "$work/dynode.log"; }
is_gone() { ! inside test -e "$1"; }
has_no() { ! inside getent "$@"; }
file_is() { [[ $(inside stat -c '%U:%G %a' "$1") == "$2" ]]; }
unknown_to_dpkg() { ! inside dpkg -s dynode; }

# Whatever it says is a fault.
verified() {
  local said
  said=$(inside systemd-analyze verify /lib/systemd/system/dynode.service 2>&1) || true
  echo "$said"
  [[ -z $said ]]
}

# As its unit starts it, but for what systemd alone can do: who it is, and no new privileges.
start_inside() {
  (exec chroot "$debian_root" setpriv --reuid dynode --regid dynode --clear-groups --no-new-privs --bounding-set=-all \
    /usr/bin/dynode -c /etc/dynode/configuration) >"$work/dynode.log" 2>&1 &
  subject=$!
  pids+=("$subject")
}

# Nothing that can be written is ever run: what MemoryDenyWriteExecute= forbids.
writes_no_code() {
  ! awk '$2 ~ /w/ && $2 ~ /x/' "/proc/$1/maps" | grep -q .
}

trap finish_test EXIT
[[ $EUID -eq 0 ]] || die "--test needs root"
need_servers
command -v debootstrap >/dev/null || install_packages debootstrap

say "a Debian to install into"
# From where this machine has its packages.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
  awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/ && !found++) print $i } $1 == "URIs:" && !found++ { print $2 }' || true)
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
debootstrap --variant=minbase --include=adduser,init-system-helpers,procps,systemd "$codename" "$debian_root" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 ||
  { tail -n 20 "$work/debootstrap.log" && die "debootstrap failed"; }
# For systemd-analyze; dynode needs none.
mount -t proc proc "$debian_root/proc" || echo "without /proc"

say "install"
check "it installs" install_deb "$OUT/dynode_${version}_$debian.deb"
check "it says its version" bash -c "[[ \$(chroot '$debian_root' /usr/bin/dynode --version) == 'dynode $version' ]]"
check "its user is there, with no shell" bash -c "chroot '$debian_root' getent passwd dynode | grep -q ':/usr/sbin/nologin\$'"
check "only its group may read its configuration" file_is /etc/dynode/configuration 'root:dynode 640'
check "its service is enabled" inside test -L /etc/systemd/system/multi-user.target.wants/dynode.service
check "systemd-analyze verify finds nothing" verified
check "systemd-analyze security finds it at most 2.0 exposed" inside systemd-analyze security --offline=true --threshold=20 /lib/systemd/system/dynode.service
inside systemd-analyze security --offline=true /lib/systemd/system/dynode.service 2>/dev/null | tail -n 1 || true

say "start, reload, upgrade, remove"
start_redis
server=$port
check "a redis is there" answers "$server" PONG ping
free_port
listen=$port
printf 'protocol=redis\nhost=127.0.0.1\nport=%s\nservers=127.0.0.1:%s\n' "$listen" "$server" >>"$debian_root/etc/dynode/configuration"
start_inside
check "it starts as its user and answers" eventually answers "$listen" OK set greeting hello
check "it runs as its user" bash -c "[[ \$(stat -c %u /proc/$subject) == \$(chroot '$debian_root' id -u dynode) ]]"
check "the server has it" eventually answers "$server" hello get greeting
check "no memory is both written and run" writes_no_code "$subject"
check "health says so" inside dynode health -c /etc/dynode/configuration
echo 'log_level=WARN' >>"$debian_root/etc/dynode/configuration"
check "it reads its configuration again" bash -c "kill -HUP $subject"
check "and says what changed" eventually logged 'configuration read again; changed: log_level'
check "an upgrade installs" install_deb "$work/$(deb "$version+1" "$work")"
check "the configuration is as it was left" grep -q "^port=$listen" "$debian_root/etc/dynode/configuration"
check "what runs still answers" answers "$listen" hello get greeting
kill -TERM "$subject"
check "it ends" wait "$subject"
start_inside
check "the new one starts with the old configuration" eventually answers "$listen" hello get greeting
kill -TERM "$subject"
check "it ends too" wait "$subject"
check "it is removed" inside dpkg -r dynode
check "its binary is gone" is_gone /usr/bin/dynode
check "its configuration has stayed" inside test -e /etc/dynode/configuration
check "it is purged" inside dpkg -P dynode
check "its configuration is gone" is_gone /etc/dynode
check "its user is gone" has_no passwd dynode
check "dpkg knows nothing of it" unknown_to_dpkg
