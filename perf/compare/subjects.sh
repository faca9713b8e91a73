# Starts and ends servers and subjects, for scripts/compare.sh. Each is a process of its own on a free port of loopback,
# known by its pid, and ended by it.

declare -A running=()

# launch LOG COMMAND...: sets pid.
launch() {
  "${@:2}" >"$1" 2>&1 </dev/null &
  pid=$!
  running[$pid]=yes
}

# They have nothing to save, and their connections are done with.
end() {
  [[ -n ${running[$1]:-} ]] || return 0
  unset "running[$1]"
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

end_all() {
  local one
  for one in "${!running[@]}"; do end "$one"; done
}

# start_sink COUNT ARGUMENT...: sets sink (its pid), ports, counters.
start_sink() {
  local tries
  counters=$work/counters
  # What the last one said must not be read.
  : >"$work/ports"
  launch "$work/ports" "$FLOOR/sink" --servers "$1" --counters "$counters" "${@:2}"
  sink=$pid
  for tries in {1..500}; do
    read -r -a ports <"$work/ports" && [[ ${#ports[@]} -eq $1 ]] && return 0
    sleep 0.01
  done
  die "the sink does not listen after $tries tries: $(cat "$work/ports")"
}

# filled FILE: the configuration with this port and these servers, in the work folder; prints its path.
filled() {
  awk -v port="$port" -v folder="$work" -v servers="${ports[*]}" '
    { count = split(servers, server, " ") }
    /^@SERVERS@$/ { for (i = 1; i <= count; i++) print "        127.0.0.1:" server[i]; next }
    { gsub("@PORT@", port); gsub("@FOLDER@", folder); gsub("@SERVER@", server[1]); print }
  ' "$COMPARE/$1" >"$work/$1"
  echo "$work/$1"
}

dynode_settings() {
  printf -- '--set\n%s\n' "servers=$(printf '127.0.0.1:%s,' "${ports[@]}" | sed 's/,$//')" host=127.0.0.1 "port=$port" \
    "protocol=$1" log_level=WARN backlog_size=4096 "${@:2}"
}

# start_subject NAME PROTOCOL WINDOW SIZE LINES SETTING...: before the servers that ports names; sets subject (its pid) and
# port. LINES is how many lines may have to wait, for who drops those that do not fit; settings are dynode's.
start_subject() {
  local name=$1 protocol=$2 window=$3 size=$4 lines=$5 log=$work/subject.log config stats reply=5
  free_port
  case $name in
    floor)
      if [[ $protocol == raw ]]; then
        launch "$log" "$FLOOR/raw" "$port" "${ports[@]}"
      else
        [[ $window -gt 0 ]] || reply=0
        launch "$log" "$FLOOR/framed" --request "$size" --reply "$reply" "$port" "${ports[@]}"
      fi
      ;;
    dynode)
      local values
      mapfile -t values < <(dynode_settings "$protocol" "${@:6}")
      launch "$log" "$BINARY" "${values[@]}"
      ;;
    haproxy)
      config=$(filled haproxy.cfg)
      launch "$log" haproxy -db -f "$config"
      ;;
    nginx)
      config=$(filled nginx.conf)
      launch "$log" nginx -e stderr -p "$work" -c "$config"
      ;;
    nutcracker)
      config=$(filled nutcracker.yml)
      stats=$port
      while [[ $stats -eq $port ]]; do free_port; done
      launch "$log" nutcracker -c "$config" -v 0 -o "$log" -p "$work/nutcracker.pid" -a 127.0.0.1 -s "$port" -i 86400000
      port=$stats
      ;;
    carbon-c-relay)
      config=$(filled carbon-c-relay.conf)
      launch "$log" carbon-c-relay -f "$config" -w 1 -q $((lines + 2501)) -B 4096 -E
      ;;
  esac
  subject=$pid
}

# able SUBJECT PROTOCOL SERVERS: whether it does this work at all.
able() {
  case $1 in
    floor | dynode) return 0 ;;
    haproxy | nginx) [[ $2 == raw && $3 -eq 1 ]] ;;
    nutcracker) [[ $2 == redis && $3 -eq 1 ]] ;;
    # It gives one line to 64 servers at most.
    carbon-c-relay) [[ $2 == line && $3 -le 64 ]] ;;
  esac
}
