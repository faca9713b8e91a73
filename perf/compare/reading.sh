# One reading: fresh servers, a fresh subject, the work, and a row of what the blaster says; for scripts/compare.sh.

FIELDS=(section protocol work size servers subject round status requests delivered bytes delivered_bytes wall_us cpu_us
  user_us system_us p50 p99 p999 peak_kib switches rate value message)

header() { tabbed "${FIELDS[@]}"; }

tabbed() {
  local IFS=$'\t'
  printf '%s\n' "$*"
}

# What is read, and how. Each section sets all of it by cell.
declare -A cell=()

# cell SECTION PROTOCOL WORK SIZE SERVERS: with the work that such a cell gets.
cell() {
  cell=([section]=$1 [protocol]=$2 [work]=$3 [size]=$4 [servers]=$5 [down]=0 [rate]=0 [resp3]=0)
  case $3 in
    bulk) cell[clients]=4 cell[window]=0 ;;
    pingpong) cell[clients]=50 cell[window]=1 ;;
    window) cell[clients]=50 cell[window]=16 ;;
    *) cell[clients]=1 cell[window]=0 ;;
  esac
  plan
  settings=()
}

# As many requests as take the floor most of a second on a small machine: what one costs is known roughly.
plan() {
  local kib=$((cell[size] * 1000 / 1024)) n=${cell[servers]} ns budget=700000000 # kib: thousandths
  case ${cell[protocol]}-${cell[work]} in
    raw-pingpong) ns=$((6000 + 9000 * n + kib * n / 4)) ;;
    raw-window) ns=$((600 + 800 * n + kib * n / 4)) ;;
    redis-pingpong) ns=$((7000 + 1000 * n + kib * (300 + 250 * n) / 1000)) ;;
    redis-window) ns=$((500 + 50 * n + kib * (300 + 250 * n) / 1000)) ;;
    line-*) ns=$((250 + kib * (150 + 350 * n) / 1000)) ;;
    *) ns=$((kib * (150 + 350 * n) / 1000)) ;;
  esac
  [[ -z $quick ]] || budget=15000000
  cell[requests]=$((budget / (ns + 1) / cell[clients]))
  [[ ${cell[requests]} -ge 4 ]] || cell[requests]=4
  cell[warmup]=$((cell[requests] / 10 + 2))
}

# row SUBJECT ROUND STATUS: what `read_values` holds, into the file of readings.
declare -A read_values=()
row() {
  local column values=()
  for column in "${FIELDS[@]}"; do
    case $column in
      section | protocol | work | size | servers | rate) values+=("${cell[$column]:-}") ;;
      subject) values+=("$1") ;;
      round) values+=("$2") ;;
      status) values+=("$3") ;;
      *) values+=("${read_values[$column]:-}") ;;
    esac
  done
  tabbed "${values[@]}" >>"$readings"
}

# blast ARGUMENT...: the clients, before what start_subject has started; sets read_values, or its message and fails.
blast() {
  local pair status=0
  "$FLOOR/blaster" --port "$port" --pid "$subject" "$@" >"$work/blaster.out" 2>"$work/blaster.err" || status=$?
  read_values=()
  if [[ $status -ne 0 ]]; then
    read_values[message]=$({ cat "$work/blaster.err" && echo "/" && tail -n 1 "$work/subject.log"; } | tr "\t\n" "  " | cut -c -300)
    { cat "$work/blaster.err" && tail -n 5 "$work/subject.log"; } >&2
    return 1
  fi
  for pair in $(<"$work/blaster.out"); do read_values[${pair%%=*}]=${pair#*=}; done
}

# reading SUBJECT ROUND [NAME]: the cell's work, once. NAME: what the subject is called in the row.
reading() {
  local up=$((cell[servers] - cell[down])) replies=1 requests=${cell[requests]} warmup=${cell[warmup]} status=ok
  local mode=(--request "${cell[size]}" --protocol "${cell[protocol]}") rate=()
  [[ ${cell[window]} -gt 0 ]] || mode=(--request "${cell[size]}" --swallow)
  [[ ${cell[protocol]} != raw ]] || replies=$up
  [[ ${cell[rate]} -eq 0 ]] || rate=(--rate "${cell[rate]}")
  # It takes so much longer, and what is read is the cost of one line.
  [[ $1 != carbon-c-relay ]] || requests=$((requests / (4 + 3 * up) + 4)) warmup=$((warmup / (4 + 3 * up) + 2))
  start_sink "${cell[servers]}" --down "${cell[down]}" "${mode[@]}"
  start_subject "$1" "${cell[protocol]}" "${cell[window]}" "${cell[size]}" $(((requests + warmup) * cell[clients] + 1)) "${settings[@]}"
  blast --clients "${cell[clients]}" --requests "$requests" --warmup "$warmup" --size "${cell[size]}" \
    --window "${cell[window]}" --shape "${cell[protocol]}" --reply $((5 * replies)) --replies "$replies" \
    --counters "$counters" --servers "$up" --timeout 60 --resp3 "${cell[resp3]}" "${rate[@]}" || status=ERROR
  end "$subject"
  end "$sink"
  row "${3:-$1}" "$2" "$status"
}

# median of SECTION PROTOCOL WORK SIZE SERVERS SUBJECT METRIC; empty where there is none.
median_of() {
  awk -f "$COMPARE/readings.awk" -f "$COMPARE/median.awk" -v wanted="$1|$2|$3|$4|$5" -v who="$6" -v what="$7" "$readings"
}
