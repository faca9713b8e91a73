#!/usr/bin/env bash
#
# Runs every check: format, build with warnings as errors, unit tests, benchmarks that promise to allocate nothing,
# scenarios against scripted and real servers, those against real ones once more with newer servers, the published native binary,
# alone and under load, and what is shipped: the image, the packages, the portable and the static binary, the one for arm64
# (emulated). Installs what is missing from Debian's packages, and client libraries from npm. The last line is "N passed, N failed";
# what cannot be tried on this machine is above it, with the reason.
#
# usage: scripts/test.sh [--only format|unit|benchmarks|scenarios|newer|page|deploy|native|load|image|package|portable|static|arm64|static-tls]...
#                        [--filter PATTERN] [--configuration Debug]
#
#   --only WHAT        only this; may be given several times. scenarios: with this machine's redis-server and memcached, or those that
#                      DYNODE_REDIS_SERVER and DYNODE_MEMCACHED name. newer: those that use real servers, with redis, valkey and
#                      memcached of Debian 13, and all that use NATS. page: the status page, in headless Chromium. deploy: rules,
#                      dashboard and manifests of deploy/, and the native binary's scrapes. static-tls, the static binary with OpenSSL in it,
#                      is tried only where it is named
#   --filter PATTERN   only tests whose full name matches, with * at its ends: --filter '*A_dead_server*'; what is no test program is left out
#   --configuration C  Release (default: what is tested is what is shipped) or Debug

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

only=()
filter=()
configuration=Release
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h) help ;;
    --only | --filter | --configuration)
      [[ $# -gt 1 ]] || die "$1 needs a value"
      case $1 in
        --only) only+=("$2") ;;
        --filter) filter=(-method "$2") ;;
        --configuration) configuration=$2 ;;
      esac
      shift 2
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
for what in "${only[@]}"; do
  [[ $what =~ ^(format|unit|benchmarks|scenarios|newer|page|deploy|native|load|image|package|portable|static|arm64|static-tls)$ ]] || die "nothing is called $what; see --help"
done

# How much of what a failed test has said is said again at the end.
FAILURE_LINES=12

passed=0
failed=0
complaints=()
skips=()
reports=$ROOT/artifacts/test
aside=
native_is_built=
locked=()
[[ -z ${CI:-} ]] || locked=(--locked-mode)

# wanted WHAT...: one of them is.
wanted() {
  local what
  [[ ${#only[@]} -gt 0 ]] || return 0
  for what in "$@"; do [[ " ${only[*]} " != *" $what "* ]] || return 0; done
  return 1
}

fail() {
  failed=$((failed + 1))
  complaints+=("$*")
}

# What this machine cannot try; said at once, and again at the end.
skip() {
  skips+=("$*")
  echo "SKIPPED: $*"
}

# Whatever happens, the last line is the counts. A script that breaks off has failed.
finish() {
  local status=$?
  trap - EXIT
  [[ -z $aside ]] || kill "$aside" 2>/dev/null || true
  release_services
  [[ $status -eq 0 || $failed -gt 0 ]] || fail "test.sh broke off with exit status $status"
  say "sum"
  [[ ${#skips[@]} -eq 0 ]] || printf 'SKIPPED: %s\n' "${skips[@]}"
  [[ ${#complaints[@]} -eq 0 ]] || printf 'failed: %s\n' "${complaints[@]}"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [[ $failed -eq 0 ]] || exit 1
}

# step NAME COMMAND...: a check without counts of its own; it counts where it fails.
step() {
  local name=$1
  shift
  say "$name"
  "$@" || { fail "$name" && return 1; }
}

# The report's root line carries the counts: <assembly … total="31" passed="31" failed="0" skipped="0" … errors="0" …>.
count() { grep -o -m1 "<assembly [^>]*" "$1" | grep -oE " $2=\"[0-9]+\"" | grep -oE '[0-9]+' || echo 0; }

# tally NAME STATUS GOOD BAD: what one program has counted. One that says all is well and ends badly has failed, and so has
# one that ran nothing, unless a filter left it nothing to run.
tally() {
  local name=$1 status=$2 good=$3 bad=$4
  passed=$((passed + good))
  failed=$((failed + bad))
  [[ $bad -eq 0 ]] || complaints+=("$name: $bad")
  [[ $bad -gt 0 || $status -eq 0 || $good -eq 0 ]] || fail "$name: exit status $status"
  [[ $((good + bad)) -gt 0 || ${#filter[@]} -gt 0 ]] || fail "$name: no test ran"
}

# tests NAME PROJECT MINUTES [OPTION...]: runs one test program. One that hangs is ended with all that it started; it has then named
# the tests that were still running. A program without a report, or without a test, has failed.
tests() {
  local files=$reports/$2 status=0
  say "$1"
  program "$files" "${@:2}" | tee "$files.txt" || status=$?
  reported "$1" "$files" "$3" "$status"
}

# program FILES PROJECT MINUTES [OPTION...]: a test program, whose report is FILES.xml. In place of this shell, where in_place is set.
program() {
  rm -f "$1.xml"
  ${in_place:+exec} timeout --kill-after=20 "${3}m" "$ROOT/tests/$2/bin/$configuration/net10.0/$2" \
    -noLogo -noColor -noAutoReporters -failSkips -longRunning 60 -result-xml "$1.xml" "${@:4}" "${filter[@]}" </dev/null 2>&1
}

# reported NAME FILES MINUTES STATUS: what one has reported.
reported() {
  if [[ ! -s $2.xml ]]; then
    fail "$1: ended with exit status $4 and no report (124: still running after $3 minutes); its last lines:"$'\n'"$(tail -n 40 "$2.txt")"
    return
  fi
  tally "$1" "$4" "$(count "$2.xml" passed)" "$(($(count "$2.xml" failed) + $(count "$2.xml" errors)))"
  complaints_of "$2.txt"
}

# tests_beside FILES PROJECT MINUTES [OPTION...]: one that runs beside what follows, until tests_joined. Only where both wait for servers
# most of their time.
tests_beside() {
  in_place=yes program "$reports/$1" "${@:2}" >"$reports/$1.txt" &
  aside=$!
}

# tests_joined NAME FILES MINUTES
tests_joined() {
  local status=0
  wait "$aside" || status=$?
  aside=
  say "$1"
  cat "$reports/$2.txt"
  reported "$1" "$reports/$2" "$3" "$status"
}

# complaints_of OUTPUT: each test that failed, with its first lines, is said once more at the end.
complaints_of() {
  local failures
  failures=$(grep -A "$FAILURE_LINES" -E '\[FAIL\]$' "$1" | cut -c 1-400) || return 0
  complaints+=("$failures")
}

# counted NAME MINUTES COMMAND...: a program that counts for itself; its last line is the counts.
counted() {
  local name=$1 minutes=$2 report=$reports/$1.txt status=0
  say "$name"
  timeout --kill-after=20 "${minutes}m" "${@:3}" </dev/null 2>&1 | tee "$report" || status=$?
  counts_of "$name" "$minutes" "$report" "$status"
}

# beside MINUTES NAME COMMAND...: one that counts for itself and runs beside what follows, until joined. One at a time.
beside() {
  aside_minutes=$1 aside_name=$2
  say "$2: begins, beside what follows"
  timeout --kill-after=20 "${1}m" "${@:3}" </dev/null >"$reports/$2.txt" 2>&1 &
  aside=$!
}

joined() {
  local status=0
  [[ -n $aside ]] || return 0
  wait "$aside" || status=$?
  aside=
  say "$aside_name"
  cat "$reports/$aside_name.txt"
  counts_of "$aside_name" "$aside_minutes" "$reports/$aside_name.txt" "$status"
}

# counts_of NAME MINUTES REPORT STATUS
counts_of() {
  local name=$1 minutes=$2 report=$3 status=$4
  if [[ ! $(tail -n 1 "$report") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    fail "$name: ended with exit status $status and no counts (124: still running after $minutes minutes)"
    return
  fi
  tally "$name" "$status" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

# Each benchmark that promises to allocate nothing is a test: run briefly, whatever its time is. Only what is shipped is held to it.
benchmarks() {
  local pattern=()
  [[ $configuration == Release ]] || { say "benchmarks: not of a $configuration build" && return; }
  [[ ${#filter[@]} -eq 0 ]] || pattern=(--filter "${filter[1]}")
  counted benchmarks 5 "$ROOT/perf/Dynode.Benchmarks/bin/Release/net10.0/Dynode.Benchmarks" --gate "${pattern[@]}"
}

# A short round of all load scenarios, each of which counts as one.
load() { counted load 5 "$ROOT/perf/Dynode.LoadTest/bin/$configuration/net10.0/Dynode.LoadTest" --duration 2; }

# What asks of redis only that it answers: tried with NATS, beside the redis of this machine.
OF_THE_STREAM=(-class- '*PartedTests' -class- '*ChangedStreamTests' -class- '*StoreFullTests' -class- '*RegionsDemoTests')

# Each test says by a trait which servers it starts; all else has been tried.
newer() {
  local bin=$ROOT/artifacts/newer/bin status=0
  say "newer servers"
  "$ROOT/scripts/newer-servers.sh" || status=$?
  case $status in
    0) ;;
    69) skip "newer servers: Debian 13's cannot be had here; the reason is above" && return ;;
    *) fail "newer servers: exit status $status" && return ;;
  esac
  DYNODE_REDIS_SERVER=$bin/valkey-server tests_beside valkey Dynode.Scenarios 8 -trait Server=redis "${OF_THE_STREAM[@]}"
  DYNODE_REDIS_SERVER=$bin/redis-server tests "scenarios, newer redis" Dynode.Scenarios 8 -trait Server=redis "${OF_THE_STREAM[@]}"
  tests_joined "scenarios, valkey" valkey 8
  DYNODE_MEMCACHED=$bin/memcached tests_beside memcached Dynode.Scenarios 8 -trait Server=memcached
  DYNODE_NATS_SERVER=$bin/nats-server tests "scenarios, NATS" Dynode.Scenarios 8 -trait Server=nats
  tests_joined "scenarios, newer memcached" memcached 8
}

page() {
  need_browser || { skip "page: node is $(node --version), and what drives the browser wants 20.15" && return; }
  counted page 4 node "$ROOT/tests/page/page.mjs"
}

deploy() {
  local kubectl=
  need_checkers || { skip "deploy: node is $(node --version), and what checks the manifests wants 20.15" && return; }
  if kubectl version --client 2>/dev/null | grep -q '^Kustomize Version: v[4-9]'; then kubectl=kubectl; else skip "deploy: no kubectl with kustomize 4 or later puts the manifests together; they are checked as they stand"; fi
  DYNODE_KUBECTL=$kubectl counted deploy 3 node "$ROOT/tests/deploy/deploy.mjs"
}

native() { tests "native binary" Dynode.AotCheck 6 -trait- Server=nats; }

# Those with NATS want a newer one than this machine's packages have. They wait for elections and leases most of their time.
native_nats() {
  local status=0
  "$ROOT/scripts/newer-servers.sh" || status=$?
  case $status in
    0) DYNODE_NATS_SERVER=$ROOT/artifacts/newer/bin/nats-server tests "native binary, NATS" Dynode.AotCheck 9 -trait Server=nats ;;
    69) skip "native binary, NATS: Debian 13's cannot be had here; the reason is above" ;;
    *) fail "newer servers: exit status $status" ;;
  esac
}

# What a binary for other machines must do like that of this one.
ELSEWHERE=(-class '*BroadcastTests' -class '*FramedTests' -class '*LineTests' -class '*SignalTests' -class '*CommandLineTests' -class '*HealthTests')
# With an OpenSSL that is not this machine's.
BY_TLS=(-class '*HttpsListTests' -class '*TlsTests')

static() {
  DYNODE_BINARY=$ROOT/artifacts/static/dynode tests "static binary" Dynode.AotCheck 5 "${ELSEWHERE[@]}" -class '*StaticBinaryTests' -explicit on
}

static_tls() {
  DYNODE_BINARY=$ROOT/artifacts/static-tls/dynode tests "static binary with TLS" Dynode.AotCheck 5 "${ELSEWHERE[@]}" "${BY_TLS[@]}"
}

# starter RUNTIME COMMAND...: a script that runs the portable binary by that; prints its name.
starter() {
  local file=$ROOT/artifacts/portable/$1/started
  printf '#!/bin/sh\nexec %s "%s/dynode" "$@"\n' "${*:2}" "$(dirname "$file")" >"$file"
  chmod +x "$file"
  echo "$file"
}

# With the glibc, and the OpenSSL, of Debian 11.
portable() {
  local old=$ROOT/artifacts/sysroot/linux-x64
  DYNODE_BINARY=$(starter linux-x64 "'$old/lib64/ld-linux-x86-64.so.2'" --library-path "'$old/lib/x86_64-linux-gnu:$old/usr/lib/x86_64-linux-gnu'") \
    tests "portable binary, with an old glibc" Dynode.AotCheck 5 "${ELSEWHERE[@]}" "${BY_TLS[@]}"
}

# A second signal that comes while the process ends is the emulator's own, and ends it. What takes the emulator minutes, and asks nothing
# of the processor that the rest does not, is tried on x64 alone.
arm64() {
  need_emulator
  DYNODE_BINARY=$(starter linux-arm64 qemu-aarch64-static -L "'$ROOT/artifacts/sysroot/linux-arm64'") \
    tests "arm64 binary, emulated" Dynode.AotCheck 10 "${ELSEWHERE[@]}" "${BY_TLS[@]}" -method- '*One_signal_sent_twice*' \
    -method- '*Whatever_becomes_of_the_file*' -method- '*In_raw_a_server_that_is_sent_something*'
}

# build_of WHAT OPTION...: the binary that it tries, and that packages are made of.
built=()
build_of() {
  wanted "$1" package || return 0
  if step "$1 build" "$ROOT/scripts/build.sh" "${@:2}"; then built+=("$1"); fi
}

# is_tried WHAT: it is wanted, and there.
is_tried() { wanted "$1" && [[ " ${built[*]} " == *" $1 "* ]]; }

# A Debian machine of its own takes minutes, of one processor: what takes one and needs no quiet machine runs beside it. What installs
# packages does so before: two cannot at once.
package() {
  step "package build" "$ROOT/scripts/package.sh" || return 0
  [[ $EUID -eq 0 ]] || { say "package: not tried, it needs root" && return; }
  need_machine
  if wanted arm64; then need_emulator; fi
  if wanted page; then need_browser || true; fi
  beside 20 package "$ROOT/scripts/package.sh" --test
}

# as_root NAME MINUTES COMMAND...: counted; what makes file systems of its own cannot be tried by anybody else.
as_root() {
  [[ $EUID -eq 0 ]] || { say "$1: not tried, it needs root" && return; }
  counted "$@"
}

trap finish EXIT
mkdir -p "$reports"
cd "$ROOT"
need_dotnet
if wanted native load image deploy package portable static static-tls arm64; then need_toolchain; fi
if wanted scenarios newer; then
  need_servers
  need_clients
fi

if wanted native; then
  need_terminal
  need_servers
fi

step "restore" dotnet restore Dynode.Native.sln --nologo -v quiet "${locked[@]}" || exit 1
if wanted unit benchmarks scenarios newer native load portable static static-tls arm64; then
  step "build" dotnet build Dynode.Native.sln -c "$configuration" --no-restore --nologo -v minimal -warnaserror || exit 1
fi
if wanted unit; then tests "unit tests" Dynode.UnitTests 5; fi
if wanted benchmarks; then benchmarks; fi
# Those with NATS want a newer one than this machine's packages have.
if wanted scenarios; then tests "scenarios" Dynode.Scenarios 12 -trait- Server=nats; fi
if wanted newer; then newer; fi
if wanted native load image deploy && step "native build" "$ROOT/scripts/build.sh"; then
  export DYNODE_BINARY=$ROOT/artifacts/dynode
  native_is_built=yes
  if wanted native; then native; fi
  if [[ ${#filter[@]} -eq 0 ]]; then
    if wanted deploy; then deploy; fi
    if wanted load; then load; fi
    if wanted image; then as_root image 5 "$ROOT/scripts/image-test.sh"; fi
  fi
fi
build_of static --static
if [[ " ${only[*]} " == *" static-tls "* ]]; then build_of static-tls --static --tls; fi
if [[ $(uname -m) == x86_64 ]]; then
  build_of portable --portable
  build_of arm64 --runtime linux-arm64
  if wanted package && [[ ${#filter[@]} -eq 0 && ${#built[@]} -eq 3 ]]; then package; fi
else
  say "portable, arm64, package: tried on x64 alone"
fi
if wanted format; then step "format" dotnet format Dynode.Native.sln --no-restore --verify-no-changes || true; fi
if wanted page && [[ ${#filter[@]} -eq 0 ]]; then page; fi
if wanted native && [[ -n $native_is_built ]]; then native_nats; fi
for what in portable static static-tls arm64; do
  if is_tried "$what"; then "${what//-/_}"; fi
done
joined
