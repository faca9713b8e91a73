#!/usr/bin/env bash
#
# Puts the packages onto a Debian machine of its own: an emulated one with one CPU, systemd and a redis, made by debootstrap
# and started by qemu. scripts/packaging/machine.sh is what happens inside. Also builds the binary again elsewhere, which must
# give the same bytes. Sourced by scripts/package.sh --test, after the packages have been made.

set -euo pipefail

source "$PACKAGING/checks.sh"

debian_root=$work/debian
MACHINE_HAS=(systemd systemd-sysv dbus udev sudo adduser init-system-helpers procps linux-image-cloud-amd64 initramfs-tools redis-server redis-tools
  ca-certificates openssl)

finish_test() {
  local status=$?
  trap - EXIT
  set +e
  conclude "$status"
}

make_machine() {
  local mirror home=$debian_root/home/operator/dynode
  need_mirror
  debootstrap --variant=minbase --include="$(IFS=,; echo "${MACHINE_HAS[*]}")" "$(debian_codename)" "$debian_root" "$mirror" \
    >"$work/debootstrap.log" 2>&1 || { tail -n 20 "$work/debootstrap.log" && die "debootstrap failed"; }
  chroot "$debian_root" useradd --create-home --gid users --shell /bin/bash operator
  echo 'operator ALL=(ALL) NOPASSWD: ALL' >"$debian_root/etc/sudoers.d/operator"
  mkdir -p "$home/artifacts/upgrade"
  cp -r "$ROOT/README.md" "$ROOT/scripts" "$home/"
  cp -r "$OUT" "$home/artifacts/"
  echo "$version" >"$home/version"
  deb "$label+1" linux-x64 "$home/artifacts/upgrade"
  chroot "$debian_root" chown -R operator:users /home/operator
  cat >"$debian_root/etc/systemd/system/machine-test.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
ExecStart=/home/operator/dynode/scripts/packaging/machine.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
[Install]
WantedBy=multi-user.target
UNIT
  chroot "$debian_root" systemctl --quiet enable machine-test.service
  # A clock that jumps a day starts them, and dpkg is theirs then.
  chroot "$debian_root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer
  truncate -s 1500M "$work/disk"
  mke2fs -q -t ext4 -d "$debian_root" "$work/disk"
}

# The first serial port is the kernel's, the second the test's. Emulated throughout: it is to run where nothing else helps.
run_machine() {
  timeout --kill-after=10 900 qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 512 -display none -nic none \
    -kernel "$(echo "$debian_root"/boot/vmlinuz-*)" -initrd "$(echo "$debian_root"/boot/initrd.img-*)" \
    -append "root=/dev/vda rw quiet console=ttyS0" -drive "file=$work/disk,format=raw,if=virtio" \
    -serial "file:$work/kernel.log" -serial stdio </dev/null | tr -d '\r' | tee "$work/machine.log"
}

# The sources as they are, in another folder.
builds_the_same() {
  local other=$work/another/folder
  mkdir -p "$other"
  git -C "$ROOT" ls-files -z --cached --others --exclude-standard | tar --null -C "$ROOT" -T - --ignore-failed-read -c | tar -x -C "$other"
  "$other/scripts/build.sh" --portable --runtime linux-x64 && cmp "$other/artifacts/portable/linux-x64/dynode" "$ROOT/artifacts/portable/linux-x64/dynode"
}
packs_the_same() { packages "$work/again" && diff -r "$work/again" "$OUT"; }
least_glibc_is() { [[ $(least_glibc "$ROOT/artifacts/portable/$1/dynode") == "$2" ]]; }
tree() { git -C "$work/tree" -c user.name=test -c user.email=test@localhost "$@"; }
marks_what_no_commit_has() {
  local ROOT=$work/tree
  mkdir "$ROOT" && tree init -q && echo one >"$ROOT/file" && tree add file && tree commit -qm one
  [[ -z $(dirt) ]] && echo two >"$ROOT/other" && [[ $(dirt) == +dirty ]] && rm "$ROOT/other" && echo two >"$ROOT/file" && [[ $(dirt) == +dirty ]]
}
# Reads to the end, where grep -q does not: what writes into a pipe that nobody reads on would fail instead of it.
some_line() { [[ -n $(grep "$1") ]]; }
have_notices() {
  local package
  for package in "$OUT"/*.tar.gz; do tar -xzOf "$package" --wildcards '*/THIRD-PARTY-NOTICES' | some_line 'NativeAOT.*MIT' || return 1; done
  for package in "$OUT"/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -xO ./usr/share/doc/dynode/THIRD-PARTY-NOTICES | some_line 'NativeAOT.*MIT' || return 1; done
  tar -xzOf "$OUT"/*-static.tar.gz --wildcards '*/THIRD-PARTY-NOTICES' | some_line '^glibc; LGPL'
}
sums_are_right() { (cd "$OUT" && sha256sum --check SHA256SUMS); }

trap finish_test EXIT
[[ $EUID -eq 0 ]] || die "--test needs root"
[[ $(uname -m) == x86_64 ]] || die "--test emulates an x64 machine, and is written for one"
need_machine

say "the same bytes again"
check "built in another folder, the binary is the same" builds_the_same
check "packed again, the packages are the same" packs_the_same
check "their sums are right" sums_are_right
check "packages of sources that no commit has are marked" marks_what_no_commit_has
check "each has the notices of what its binary is linked from" have_notices
for runtime in linux-x64 linux-arm64; do check "$runtime needs no newer glibc than the README says" least_glibc_is "$runtime" 2.17; done

say "a Debian machine"
make_machine
# What it has counted is what it is judged by.
run_machine || true
if [[ $(tail -n 1 "$work/machine.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=$((passed + BASH_REMATCH[1]))
  failed=$((failed + BASH_REMATCH[2]))
else
  check "the machine came to its end" false
  tail -n 40 "$work/kernel.log"
fi
