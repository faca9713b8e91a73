# What is read, section by section; for scripts/compare.sh.

# in_turns SUBJECT...: the cell, by each of them in turns, so that what else the machine does meets all alike.
in_turns() {
  local round name
  for ((round = 1; round <= repeats; round++)); do
    for name in "$@"; do reading "$name" "$round"; done
  done
  shown "$@"
}

# shown NAME...: a line for who watches.
shown() {
  local name c=("${cell[section]}" "${cell[protocol]}" "${cell[work]}" "${cell[size]}" "${cell[servers]}")
  printf '%-5s %-5s %-8s %6s B %3s servers, CPU us/request:' "${c[@]}"
  for name in "$@"; do printf ' %s %.2f' "$name" "$(median_of "${c[@]}" "$name" cpu | grep . || echo nan)"; done
  printf '\n'
}

# works_of PROTOCOL: all of its cells. Replies of lines are not waited for; bulk has none, so in redis there is no bulk.
works_of() {
  local protocol=$1 kind size n name able
  for kind in bulk pingpong window; do
    chosen "$works" "$kind" || continue
    case $protocol-$kind in redis-bulk | line-pingpong | line-window) continue ;; esac
    for size in ${sizes//,/ }; do
      for n in ${servers//,/ }; do
        able=()
        for name in ${subjects//,/ }; do
          if able "$name" "$protocol" "$n"; then able+=("$name"); fi
        done
        cell "$protocol" "$protocol" "$kind" "$size" "$n"
        in_turns "${able[@]}"
      done
    done
  done
  ! chosen "$servers" 100 || budget "$protocol"
}

# What dynode may take in all, as it says itself.
budget() {
  local values
  ports=(1)
  port=9000
  cell "$1" "$1" budget 0 100
  mapfile -t values < <(dynode_settings "$1")
  read_values=([value]=$("$BINARY" --check "${values[@]}" | sed -n 's/^# memory total=\([0-9]*\).*/\1/p'))
  row dynode 1 ok
}

# Requests that are due at half of what the slower of the two can do, the same for both. The peak is what was read in
# ping-pong; where it was not, it is read first.
half_of_peak() {
  local protocol size n rate
  chosen "$subjects" floor && chosen "$subjects" dynode || { echo "skipped: needs floor and dynode" && return; }
  for protocol in raw redis; do
    for size in ${sizes//,/ }; do
      for n in ${servers//,/ }; do
        rate=$(half_rate "$protocol" "$size" "$n")
        if [[ -z $rate ]]; then
          cell "$protocol" "$protocol" pingpong "$size" "$n"
          in_turns floor dynode
          rate=$(half_rate "$protocol" "$size" "$n")
        fi
        [[ -n $rate ]] || { echo "no peak for $protocol, $size B, $n servers" >&2 && continue; }
        cell half "$protocol" pingpong "$size" "$n"
        cell[rate]=$rate
        # One second of it.
        cell[requests]=$(((rate + 49) / 50))
        [[ -z $quick ]] || cell[requests]=$((cell[requests] / 20 + 1))
        cell[warmup]=$((cell[requests] / 10 + 2))
        in_turns floor dynode
      done
    done
  done
}

# half_rate PROTOCOL SIZE SERVERS: requests a second; empty: not known.
half_rate() {
  { median_of "$1" "$1" pingpong "$2" "$3" floor throughput && median_of "$1" "$1" pingpong "$2" "$3" dynode throughput; } |
    awk '$1 > 0 { if (n++ == 0 || $1 < least) least = $1 } END { if (n == 2) printf "%d\n", least / 2 + 1 }'
}

# Four servers of which one is down, and holds a full backlog, beside four that are up: the cost of a request.
one_down() {
  local which round down
  chosen "$subjects" dynode || { echo "skipped: needs dynode" && return; }
  for which in raw-pingpong redis-pingpong raw-bulk; do
    cell down "${which%-*}" "${which#*-}" 64 4
    # So much fills the backlog before anything is measured.
    case $which in
      raw-pingpong) settings=(backlog_bytes=64k) cell[warmup]=1100 ;;
      redis-pingpong) settings=(backlog_bytes=4m) cell[warmup]=1500 ;;
      raw-bulk) cell[warmup]=16384 ;;
    esac
    [[ -z $quick ]] || cell[warmup]=50
    for ((round = 1; round <= repeats; round++)); do
      for down in 0 1; do
        cell[down]=$down
        reading dynode "$round" "$([[ $down -eq 0 ]] && echo "all up" || echo "one down")"
      done
    done
    shown "all up" "one down"
  done
}

# Clients that speak RESP3, and half of them RESP3 and half RESP2: a request of the broadcaster's own stands where the log goes from
# the one to the other.
both_protocols() {
  local kind n round resp3
  local -a names=("all RESP2" "half and half" "all RESP3")
  chosen "$subjects" dynode || { echo "skipped: needs dynode" && return; }
  for kind in pingpong window; do
    chosen "$works" "$kind" || continue
    for n in ${servers//,/ }; do
      cell resp3 redis "$kind" 64 "$n"
      for ((round = 1; round <= repeats; round++)); do
        for resp3 in 0 1 2; do
          cell[resp3]=$resp3
          reading dynode "$round" "${names[resp3]}"
        done
      done
      shown "${names[@]}"
    done
  done
}

# What the resident memory grows by for a client that has had one answer and is silent.
idle_clients() {
  local protocol n clients replies round status
  chosen "$subjects" dynode || { echo "skipped: needs dynode" && return; }
  for protocol in raw redis; do
    if [[ $protocol == raw ]]; then n=2 clients=6000 replies=2; else n=3 clients=10000 replies=1; fi
    [[ -z $quick ]] || clients=$((clients / 20))
    cell idle "$protocol" "$clients clients" 64 "$n"
    for ((round = 1; round <= repeats && round <= 3; round++)); do
      status=ok
      start_sink "$n" --request 64 --protocol "$protocol"
      # One more than are counted: what the first takes is not its own alone.
      start_subject dynode "$protocol" 1 64 0 "max_clients=$((clients + 1))"
      blast --hold --clients "$clients" --size 64 --shape "$protocol" --reply $((5 * replies)) --timeout 60 || status=ERROR
      end "$subject"
      end "$sink"
      read_values[value]=${read_values[per_client_kib]:-}
      row dynode "$round" "$status"
      printf 'idle  %-5s %s clients, %s servers: %s KiB each\n' "$protocol" "$clients" "$n" "${read_values[value]}"
    done
  done
}

# From exec until a connect succeeds, and the size of the binary.
starts() {
  local round from to count=20 values
  chosen "$subjects" dynode || { echo "skipped: needs dynode" && return; }
  [[ -z $quick ]] || count=3
  start_sink 1 --request 64
  cell start raw "exec to listening" 0 1
  for ((round = 1; round <= count; round++)); do
    free_port
    mapfile -t values < <(dynode_settings raw)
    from=${EPOCHREALTIME/./}
    launch "$work/subject.log" "$BINARY" "${values[@]}"
    subject=$pid
    # A tight loop on purpose: a pause would be measured too.
    until { : <>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do
      kill -0 "$subject" 2>/dev/null || die "dynode has ended: $(tail -n 3 "$work/subject.log")"
    done
    to=${EPOCHREALTIME/./}
    read_values=([value]=$(awk -v us=$((to - from)) 'BEGIN { printf "%.3f", us / 1000 }'))
    end "$subject"
    row dynode "$round" ok
  done
  printf 'start: %.1f ms, median of %d\n' "$(median_of start raw "exec to listening" 0 1 dynode value)" $((round - 1))
  end "$sink"
  cell start raw "binary" 0 1
  read_values=([value]=$(awk -v bytes="$(stat -c %s "$BINARY")" 'BEGIN { printf "%.3f", bytes / 1048576 }'))
  row dynode 1 ok
}
