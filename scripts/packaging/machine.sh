#!/usr/bin/env bash
#
# What scripts/packaging/test.sh has done inside of its Debian machine, as root and at each start of it: the README's commands,
# typed by somebody who may sudo, and what an operator, an upgrade, a log that does not flow and a clock that jumps do afterwards. The last
# line is "N passed, N failed"; then the machine is off.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../prepare.sh"
source "$ROOT/scripts/packaging/checks.sh"

COUNTS=/var/lib/counts
CONFIGURATION=/etc/dynode/configuration
REDIS=6379
LISTEN=9000
ADMIN=9100
version=$(<"$ROOT/version")
work=$(mktemp -d)

# What is conclude's is done in a shell of its own: the machine goes off whatever it says.
finish() {
  local status=$?
  trap - EXIT
  set +e
  (conclude "$status")
  systemctl poweroff
}

# readme START: the commands of the README that stand behind the line with START, up to the next text.
readme() { awk -v start="$1" 'index($0, start) { on = 1; next } on && /^    / { print substr($0, 5); typed = 1 } on && typed && /^[^ ]/ { exit }' "$ROOT/README.md"; }

# An editor that adds this.
make_editor() {
  printf '#!/bin/sh\ncat "%s" >>"$1"\n' "$work/added" >"$work/editor"
  printf 'protocol=redis\nservers=127.0.0.1:%s\n' "$REDIS" >"$work/added"
  chmod 755 "$work" "$work/editor"
}

# As the README has it.
typed() {
  local commands
  commands=$(readme "$1")
  [[ -n $commands ]] && (cd "$ROOT" && sudo -u operator env EDITOR="$work/editor" DEBIAN_FRONTEND=noninteractive bash -xec "$commands")
}

# What is logged from here on is looked at.
look_from_here() { journalctl --quiet --lines 0 --show-cursor | sed -n 's/^-- cursor: //p' >"$work/cursor"; }
logged() { journalctl --quiet --no-pager --output cat --unit dynode --after-cursor "$(<"$work/cursor")" >"$work/journal" && grep "$1" "$work/journal"; }
state() { systemctl show --property "$1" --value dynode; }
is() { [[ $(state "$1") == "$2" ]]; }
main_pid() { state MainPID; }
# set_to KEY=VALUE: a key may stand there once.
set_to() { sed -i "/^${1%%=*}=/d" "$CONFIGURATION" && echo "$1" >>"$CONFIGURATION"; }
file_is() { [[ $(stat -c '%U:%G %a' "$1") == "$2" ]]; }
says_version() { [[ $(dynode --version) == "dynode $1" ]]; }
no_shell() { getent passwd dynode | grep '/usr/sbin/nologin$'; }
does_not() { ! "$@"; }

# Whatever it says is a fault.
verified() {
  local said
  said=$(systemd-analyze verify /lib/systemd/system/dynode.service /lib/systemd/system/dynode.socket 2>&1) || true
  echo "$said"
  [[ -z $said ]]
}

is_confined() {
  local status=/proc/$(main_pid)/status
  cat "$status"
  [[ $(stat -c %U "/proc/$(main_pid)") == dynode ]] && grep -q '^NoNewPrivs:.1' "$status" && grep -q '^CapBnd:.0*$' "$status" &&
    grep -q '^Seccomp:.2' "$status" && grep -q 'Max open files  *262144' "/proc/$(main_pid)/limits"
}

# Nothing that can be written is ever run.
writes_no_code() {
  local maps
  maps=$(awk '$2 ~ /w/ && $2 ~ /x/' "/proc/$(main_pid)/maps") && echo "$maps" && [[ -z $maps ]]
}

# A client that stays, on descriptor 7.
connect() { exec 7<>"/dev/tcp/127.0.0.1/$LISTEN"; }
same_client_answers() {
  local line
  printf 'PING\r\n' >&7 && read -r -t 30 -u 7 line && echo "$line" && [[ $line == +PONG* ]]
}

# A thousand clients that come and go: with log_level=TRACE each is several lines.
come_and_go() {
  local n
  for n in {1..1000}; do
    exec 8<>"/dev/tcp/127.0.0.1/$LISTEN" || return 1
    exec 8>&-
  done
  echo "$n clients"
}

# Clients that come one after another and each ask once, until enough have: what became of them is counted.
keep_coming() {
  local come=0 answered=0 refused=0 line
  trap '' PIPE
  until [[ -e $work/enough ]]; do
    come=$((come + 1))
    if ! exec 8<>"/dev/tcp/127.0.0.1/$LISTEN"; then
      refused=$((refused + 1))
      continue
    fi
    line=
    if printf 'PING\r\n' >&8 && read -r -t 60 -u 8 line && [[ $line == +PONG* ]]; then
      answered=$((answered + 1))
      touch "$work/answered"
    fi
    exec 8>&-
  done 2>"$work/coming.log"
  echo "$come came, $answered answered, $refused refused, $(grep -c 'reset by' "$work/coming.log" || true) reset"
}

# nobody_refused_while COMMAND...: whoever comes meanwhile waits, at most.
nobody_refused_while() {
  local coming status=0 before
  before=$(main_pid)
  rm -f "$work/enough" "$work/answered"
  keep_coming >"$work/came" &
  coming=$!
  eventually test -e "$work/answered" && "$@" && eventually restarted_from "$before" && rm "$work/answered" && eventually test -e "$work/answered" || status=1
  touch "$work/enough"
  wait "$coming" && tail "$work/coming.log" "$work/came" && [[ $status == 0 ]] && grep ', 0 refused, 0 reset$' "$work/came"
}

# asks_for PASSWORD
asks_for() {
  redis-cli -p "$LISTEN" ping | grep '^NOAUTH' && [[ $(redis-cli -p "$LISTEN" -a "$1" ping 2>/dev/null) == PONG ]]
}

keeps_orders() {
  dynode disable "127.0.0.1:$REDIS" -c "$CONFIGURATION" && grep -q "127.0.0.1:$REDIS" /var/lib/dynode/servers.json && dynode enable "127.0.0.1:$REDIS" -c "$CONFIGURATION"
}

scraped() {
  exec 9<>"/dev/tcp/127.0.0.1/$ADMIN"
  printf 'GET /metrics HTTP/1.1\r\nHost: dynode.example\r\nConnection: close\r\n\r\n' >&9
  timeout 10 cat <&9 >"$work/scrape"
  exec 9>&-
  cat "$work/scrape"
  grep -q '^dynode_ready 1' "$work/scrape"
}

# The clock alone: what a client, a server and systemd's watchdog see of time goes on.
jump() {
  local runs=$(main_pid)
  date --set "$1" && same_client_answers && dynode health -c "$CONFIGURATION" && [[ $(main_pid) == "$runs" ]]
}

server_comes_back_while() {
  systemctl stop redis-server && eventually logged 'lost' && date --set "$1" && systemctl start redis-server &&
    eventually answers "$LISTEN" PONG ping
}

restarted_from() { [[ $(main_pid) != "$1" && $(main_pid) != 0 ]] && answers "$LISTEN" hello get greeting; }

install_and_run() {
  say "install, as the README says"
  make_editor
  check "the commands of the README" typed 'The package on such a machine'
  check "it answers as soon as systemctl start returns" answers "$LISTEN" OK set greeting hello
  check "the server has it" answers "$REDIS" hello get greeting
  check "it says its version" says_version "$version"
  check "its user is there, with no shell" no_shell
  check "only its group may read its configuration" file_is "$CONFIGURATION" 'root:dynode 640'
  check "its service is enabled" systemctl is-enabled dynode
  check "systemd-analyze verify finds nothing" verified
  check "systemd-analyze security finds it at most 2.0 exposed" systemd-analyze security --threshold=20 dynode
  systemd-analyze security dynode 2>/dev/null | tail -n 1 || true
  check "it runs as its user, confined, with the descriptors of its unit" is_confined
  check "no memory is both written and run" writes_no_code
  check "health says so" dynode health -c "$CONFIGURATION"

  say "reload"
  look_from_here
  set_to log_level=WARN
  check "it reads its configuration again" systemctl reload dynode
  check "and says what changed" eventually logged 'configuration read again; changed: log_level'
  set_to log_level=NONE
  check "a bad one makes it fail" does_not systemctl reload dynode
  check "and is not taken" eventually logged 'configuration not taken, nothing changed: .*log_level'
  check "what runs still answers" answers "$LISTEN" hello get greeting
  set_to log_level=INFO

  say "what systemd mends"
  local before
  before=$(main_pid)
  kill -KILL "$before"
  check "one that was killed runs again" eventually restarted_from "$before"
  mkdir -p /run/systemd/system/dynode.service.d
  printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/dynode.service.d/test.conf
  systemctl daemon-reload
  systemctl restart dynode
  before=$(main_pid)
  kill -STOP "$before"
  check "one that stands still is missed by the watchdog and runs again" eventually restarted_from "$before"
  check "by the watchdog" eventually journalctl --quiet --no-pager --unit dynode --grep 'Watchdog timeout'
  rm -r /run/systemd/system/dynode.service.d
  set_to servers=nowhere
  systemctl daemon-reload
  look_from_here
  check "it does not start with a wrong configuration" does_not systemctl restart dynode
  check "the journal says why" eventually logged 'nowhere'
  check "and systemd does not try again" is ActiveState failed
  check "its exit status" is ExecMainStatus 78
  set_to "servers=127.0.0.1:$REDIS"
  check "it starts with a right one" systemctl restart dynode

  say "directories and a secret that systemd gives it"
  mkdir -p /run/systemd/system/dynode.service.d
  (umask 077 && echo geheim >/root/password)
  printf '[Service]\nLoadCredential=password:/root/password\n' >/run/systemd/system/dynode.service.d/test.conf
  set_to 'client_password=@$CREDENTIALS_DIRECTORY/password'
  set_to state_directory=/var/lib/dynode
  set_to listen_unix=/run/dynode/dynode.sock
  systemctl daemon-reload
  look_from_here
  check "it starts with them" systemctl restart dynode
  check "its clients need the password of the credential" asks_for geheim
  check "they may come by its socket in /run/dynode" [ "$(redis-cli -s /run/dynode/dynode.sock -a geheim ping 2>/dev/null)" = PONG ]
  check "an order is kept in /var/lib/dynode" keeps_orders
  check "nobody else may read that" file_is /var/lib/dynode 'dynode:dynode 700'
  check "nor is it said that somebody may read the secret" does_not logged 'which holds a secret'
  rm -r /run/systemd/system/dynode.service.d
  sed -i '/^client_password=/d; /^state_directory=/d; /^listen_unix=/d' "$CONFIGURATION"
  systemctl daemon-reload
  systemctl restart dynode

  say "a log that does not flow, as on a slow disk"
  set_to log_level=TRACE
  systemctl reload dynode
  connect
  systemctl kill --signal STOP systemd-journald
  check "with a journal that stands still, a thousand clients come and go" come_and_go
  check "and one that has stayed is answered" same_client_answers
  systemctl kill --signal CONT systemd-journald
  set_to log_level=INFO
  look_from_here
  check "it reads its configuration again even so" systemctl reload dynode
  check "and has" eventually logged 'changed: log_level'

  say "a clock that jumps"
  look_from_here
  check "a day on" jump '1 day'
  check "ten years back" jump '10 years ago'
  check "and to where it was" jump '10 years'
  check "a server that was away while it jumped back comes back" server_comes_back_while '1 hour ago'
  check "the client that stayed is there" same_client_answers
  check "nothing restarted" is NRestarts 0
  exec 7>&-

  say "the port held by systemd, as the README says"
  check "nobody has enabled its socket" does_not systemctl is-enabled dynode.socket
  set_to "admin=127.0.0.1:$ADMIN"
  look_from_here
  check "the commands of the README" typed 'Beside systemd'
  check "it listens on what systemd has opened" logged "listening on what the service manager has opened: 127.0.0.1:$LISTEN"
  check "it answers" answers "$LISTEN" hello get greeting
  check "a restart refuses nobody" nobody_refused_while systemctl restart dynode
  tail -n 1 "$work/came"
  check "it is scraped" scraped
  check "its command line finds it" dynode status -c "$CONFIGURATION"

  say "upgrade, as the machine's owner does it"
  before=$(main_pid)
  look_from_here
  check "an upgrade installs, and refuses nobody" nobody_refused_while apt-get install -y "$ROOT"/artifacts/upgrade/dynode_*.deb
  tail -n 1 "$work/came"
  check "its socket is enabled as before" systemctl is-enabled dynode.socket
  check "it runs, and is another" restarted_from "$before"
  check "the old one drained and ended" logged 'stopped after'
  check "the configuration is as it was left" grep -q '^protocol=redis' "$CONFIGURATION"
}

start_again() {
  read -r passed failed <"$COUNTS"
  say "after a start of the machine"
  check "it runs, and nobody asked for it" eventually answers "$LISTEN" OK set greeting hello
  check "on systemd's socket" journalctl --quiet --no-pager --boot --unit dynode --grep 'listening on what the service manager has opened'

  say "remove"
  check "it is removed" apt-get remove -y dynode
  check "it no longer runs" does_not answers "$LISTEN" PONG ping
  check "its binary is gone" does_not test -e /usr/bin/dynode
  check "its configuration has stayed" test -e "$CONFIGURATION"
  check "it is purged" apt-get purge -y dynode
  check "its configuration is gone" does_not test -e /etc/dynode
  check "and what it kept" does_not test -e /var/lib/dynode
  check "its user is gone" does_not getent passwd dynode
  check "dpkg knows nothing of it" does_not dpkg -s dynode
  check "systemd knows nothing of it" does_not systemctl cat dynode
  check "nor of its socket" does_not systemctl cat dynode.socket
  check "nothing of it is enabled" does_not ls /etc/systemd/system/sockets.target.wants/dynode.socket

  say "the tarball, as the README says"
  make_editor
  check "the commands of the README" typed 'The tarball by hand'
  check "it answers as soon as systemctl returns" answers "$LISTEN" hello get greeting
}

trap finish EXIT
if [[ -e $COUNTS ]]; then
  start_again
else
  install_and_run
  echo "$passed $failed" >"$COUNTS"
  trap - EXIT
  systemctl reboot
fi
