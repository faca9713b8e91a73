#!/usr/bin/env bash
#
# What the tests of what is shipped have in common: checks that are counted, waits, and the end. Sourced, behind prepare.sh;
# whoever does so has a folder of its own in $work.

set -euo pipefail

passed=0
failed=0
pids=()

# check WHAT COMMAND...: what it prints is shown where it fails, and stays in the work folder's check.log.
check() {
  if "${@:2}" >"$work/check.log" 2>&1; then
    passed=$((passed + 1))
    echo "passed: $1"
  else
    failed=$((failed + 1))
    echo "failed: $1"
    tail -n 20 "$work/check.log"
  fi
}

# eventually COMMAND...: within half a minute.
eventually() {
  local deadline=$((SECONDS + 30))
  until "$@"; do
    [[ $SECONDS -lt $deadline ]] || return 1
    sleep 0.1
  done
}

answers() { [[ $(redis-cli -p "$1" "${@:3}" 2>/dev/null) == "$2" ]]; }

# Sets port.
start_redis() {
  free_port
  mkdir "$work/redis-$port"
  redis-server --port "$port" --bind 127.0.0.1 --dir "$work/redis-$port" --save '' >/dev/null &
  pids+=($!)
  eventually answers "$port" PONG ping || die "redis-server does not answer on port $port"
}

# conclude STATUS: ends what was started, and prints the counts. A script that breaks off has failed.
conclude() {
  [[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}" 2>/dev/null
  release_services
  rm -rf --one-file-system "$work"
  [[ $1 -eq 0 || $failed -gt 0 ]] || { failed=1 && echo "$(basename "$0") broke off with exit status $1"; }
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [[ $failed -eq 0 ]] || exit 1
}
