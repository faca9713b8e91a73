#!/usr/bin/env bash
#
# Builds the last stage of Dockerfile.distroless, with the native binary from artifacts/dynode, and runs the image as an
# orchestrator would: not as root, with a read-only root, without capabilities, in 64 MiB. It must broadcast to two redis
# servers, answer its health check, take its servers from an https URL, end in time on SIGTERM, and serve 1,000 clients in
# 32 MiB. No registry is asked: the base is made of Debian's own packages, as distroless's is. Needs root; installs buildah,
# podman, runc and openssl.
#
# usage: scripts/image-test.sh                       the last line is "N passed, N failed"

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
source "$ROOT/scripts/packaging/debian.sh"
source "$ROOT/scripts/packaging/checks.sh"
[[ ${1:-} != --help && ${1:-} != -h ]] || help
[[ $# -eq 0 ]] || die "unknown option $1; see --help"

BASE=localhost/distroless-base
BUILT=localhost/dynode-built
IMAGE=localhost/dynode
PARTS=(libc6 "$([[ $(debian_codename) == bookworm ]] && echo libssl3 || echo libssl3t64)" libgcc-s1 ca-certificates tzdata base-files netbase)

work=$(mktemp -d)
store=(--root "$work/store" --runroot "$work/run" --storage-driver vfs)

image() { buildah "${store[@]}" "$@"; }
engine() { podman "${store[@]}" --runtime runc --cgroup-manager cgroupfs "$@"; }

finish() {
  local status=$?
  trap - EXIT
  set +e
  [[ ! -d $work/store ]] || engine rm --all --force >/dev/null 2>&1
  conclude "$status"
}

need_tools() {
  local missing=() tool
  for tool in buildah podman runc openssl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# The equal of distroless's base: those packages, unpacked, and the users.
make_base() {
  local root=$work/base container
  unpack_debian "$(debian_codename)" "$(dpkg --print-architecture)" "$root" "${PARTS[@]}"
  mkdir -p "$root/etc/ssl/certs" "$root/tmp" "$root/home/nonroot"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
  container=$(image from scratch)
  image add "$container" "$root" / >/dev/null
  image config --user 65532:65532 "$container"
  image commit --quiet "$container" "$BASE" >/dev/null
  image rm "$container" >/dev/null
}

# What the first stage leaves, from the binary that is built here already: restoring inside a container is what cannot be had
# everywhere.
make_built() {
  local container
  container=$(image from scratch)
  image add "$container" "$ROOT/artifacts/dynode" /source/artifacts/dynode >/dev/null
  image add "$container" "$ROOT/artifacts/THIRD-PARTY-NOTICES" /source/artifacts/THIRD-PARTY-NOTICES >/dev/null
  image commit --quiet "$container" "$BUILT" >/dev/null
  image rm "$container" >/dev/null
}

build() {
  {
    printf 'ARG BASE_IMAGE\nFROM %s AS build\n' "$BUILT"
    awk '/^FROM/ { stages++ } stages >= 2' "$ROOT/Dockerfile.distroless"
  } >"$work/Dockerfile"
  image bud --isolation chroot --pull=never --format docker --timestamp 0 --quiet \
    --build-arg "BASE_IMAGE=$BASE" --build-arg "VERSION=$version" --build-arg "REVISION=$(git -C "$ROOT" rev-parse HEAD 2>/dev/null || echo unknown)" \
    -f "$work/Dockerfile" -t "$IMAGE" "$ROOT" >/dev/null
}

# run NAME OPTION...: the image as an orchestrator runs it.
run() {
  engine run --detach --name "$1" --network host --read-only --cap-drop all --security-opt no-new-privileges \
    --ulimit nofile=20000:20000 --ulimit nproc=4096:4096 --memory 64m --memory-swap 64m "${@:2}" "$IMAGE" >"$work/run.log" 2>&1 ||
    { cat "$work/run.log" && return 1; }
}

# Read whole before it is looked through: who writes on when grep has seen enough would fail.
has() { grep -q "$2" <<<"$(engine logs "$1" 2>&1)"; }
says() { grep -q "$2" <<<"$(engine exec "$1" /usr/bin/dynode "${@:3}" 2>&1)"; }
status_of() { grep "^$2:" "/proc/$(pid_of "$1")/status"; }
is_not_root() { [[ $(status_of "$1" Uid) =~ 65532.*65532.*65532 && $(status_of "$1" CapEff) =~ 0000000000000000$ && $(status_of "$1" NoNewPrivs) =~ 1$ ]]; }
has_no_shell() { ! engine exec "$1" /bin/sh -c true 2>/dev/null; }
label() { engine inspect --format "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$IMAGE"; }
has_label() { [[ -n $(label "$1") ]]; }
has_version() { [[ $(label version) == "$version" ]]; }

# ends NAME: on SIGTERM, by itself and well, before anybody would kill it.
ends() {
  local began=$SECONDS
  engine stop --time 20 "$1" >/dev/null 2>&1
  [[ $(engine inspect --format '{{.State.ExitCode}}' "$1") -eq 0 && $((SECONDS - began)) -lt 15 ]] && has "$1" 'stopped after'
}

# A list of servers behind https, by a CA that only this test knows.
start_list_server() {
  (
    cd "$work"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=a test's CA" -keyout ca.key -out ca.pem 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout list.key -out list.csr 2>/dev/null
    printf 'subjectAltName=DNS:localhost' >list.ext
    openssl x509 -req -in list.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile list.ext -out list.pem 2>/dev/null
    chmod 644 ca.pem
    printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n["127.0.0.1:%s", "127.0.0.1:%s"]' "$1" "$2" >servers
  )
  free_port
  (cd "$work" && exec openssl s_server -quiet -accept "127.0.0.1:$port" -cert list.pem -key list.key -HTTP) >/dev/null 2>&1 &
  pids+=($!)
}

pid_of() { engine inspect --format '{{.State.Pid}}' "$1"; }
blaster() { "$ROOT/artifacts/floor/blaster" --port "$listen" --pid "$(pid_of "$1")" --clients 1000 --size 64 --shape raw --reply 15 --timeout 60 "${@:2}"; }
clients_stand() { blaster "$1" --hold; }
clients_send() { blaster "$1" --requests 200 --window 16 --replies 3 --counters "$work/counters" --servers 3; }
was_not_killed() {
  local state
  state=$(engine inspect --format '{{.State.Running}} {{.State.OOMKilled}} {{.State.ExitCode}}' "$1")
  echo "running, killed for want of memory, exit status: $state"
  engine logs "$1" 2>&1 | tail -n 15
  [[ $state == "true false 0" ]]
}

trap finish EXIT
need_dotnet
need_binary
need_servers
need_tools
version=$("$ROOT/artifacts/dynode" --version | sed 's/^dynode //')
say "image"
make_base
make_built
build
engine image ls --format '{{.Repository}} {{.Size}}' | sed 's/^/size: /'
container=$(image from --pull=never "$IMAGE")
folder=$(image mount "$container")
printf 'contents: %s files, of which ours: %s\n' "$(find "$folder" -type f | wc -l)" "$(cd "$folder" && find usr/bin usr/share/doc/dynode -type f | tr '\n' ' ')"
check "the notices of what it is linked from are in it" grep -q 'NativeAOT.*MIT' "$folder/usr/share/doc/dynode/THIRD-PARTY-NOTICES"
image rm "$container" >/dev/null
for name in title description licenses version revision; do check "label $name" has_label "$name"; done
check "the label's version is the binary's" has_version

say "run"
start_redis
one=$port
start_redis
two=$port
free_port
listen=$port
run plain -e DYNODE__PROTOCOL=redis -e "DYNODE__SERVERS=127.0.0.1:$one,127.0.0.1:$two" -e "DYNODE__PORT=$listen"
check "by the environment alone, it answers" eventually answers "$listen" OK set greeting hello
check "the first server has it" eventually answers "$one" hello get greeting
check "the second server has it" eventually answers "$two" hello get greeting
check "not root, no capabilities, no new privileges" is_not_root plain
check "no shell" has_no_shell plain
check "health says so" eventually says plain 'servers connected: 2 of 2' health
check "the engine's health check" engine healthcheck run plain
check "the memory that it may take follows the cgroup's 64 MiB" says plain '^memory_max=32m' --check
check "SIGTERM drains and ends it" ends plain

say "https list"
start_list_server "$one" "$two"
list=$port
free_port
listen=$port
printf 'protocol=redis\nport=%s\nservers_autoupdate=true\nservers_autoupdate_method=GET\nservers_autoupdate_url=https://localhost:%s/servers\n' \
  "$listen" "$list" >"$work/configuration"
chmod 644 "$work/configuration"
run listed -v "$work/configuration:/etc/dynode/configuration:ro" -v "$work/ca.pem:/etc/test-ca.pem:ro" -e SSL_CERT_FILE=/etc/test-ca.pem
check "by a mounted file, with servers of an https URL, it answers" eventually answers "$listen" OK set listed yes
check "the first server of the list has it" eventually answers "$one" yes get listed
check "the second server of the list has it" eventually answers "$two" yes get listed
check "SIGTERM drains and ends it too" ends listed

# Of the cgroup's memory the kernel takes 15 MiB for the 4,000 sockets, and the process 17: with 32 it was at times killed.
say "a small machine: 40 MiB, 16 threads, 1,000 clients, 3 servers"
"$ROOT/perf/floor/build.sh" >/dev/null
"$ROOT/artifacts/floor/sink" --servers 3 --request 64 --counters "$work/counters" >"$work/ports" &
pids+=($!)
eventually test -s "$work/ports"
read -r -a ports <"$work/ports"
free_port
listen=$port
run small --memory 40m --memory-swap 40m --pids-limit 16 -e "DYNODE__PORT=$listen" -e "DYNODE__SERVERS=$(printf '127.0.0.1:%s,' "${ports[@]}" | sed 's/,$//')"
check "half of the 40 MiB is for clients' bytes" says small '^memory_max=20m' --check
check "1,000 clients are served, and stand still" eventually clients_stand small
check "1,000 clients send as fast as they can, and every byte is delivered to every server" clients_send small
cat "$work/check.log"
check "no memory ran out" was_not_killed small
check "there are threads left for the engine's health check" engine healthcheck run small
check "SIGTERM drains and ends it as well" ends small
