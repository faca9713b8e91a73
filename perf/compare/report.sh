# Writes what was read: a table for people, and the rows as they are; for scripts/compare.sh.

version_of() {
  case $1 in
    haproxy) haproxy -v | sed -n '1s/^HAProxy version \([^ ]*\).*/\1/p' ;;
    nginx) nginx -v 2>&1 | sed 's/.*nginx\///' ;;
    nutcracker) nutcracker --version 2>&1 | sed -n '1s/.*nutcracker-//p' ;;
    carbon-c-relay) carbon-c-relay -v | sed -n '1s/.*relay v\([^ ]*\).*/\1/p' ;;
  esac
}

about() {
  local name
  printf '# Beside the floor, and beside others\n\n'
  printf 'scripts/compare.sh%s\n\n' "${arguments[*]:+ ${arguments[*]}}"
  printf '| | |\n|---|---|\n'
  printf '| commit | %s |\n' "$commit"
  printf '| date | %s, %d minutes |\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" $(((SECONDS - began + 59) / 60))
  printf '| machine | %s, %s cores, %s MiB, Linux %s |\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" "$(uname -r)"
  printf '| load before, after | %s, %s |\n' "$load" "$(cut -d' ' -f1-3 /proc/loadavg)"
  [[ -z ${broke_off:-} ]] || printf "| | **broke off with exit status %s; this is what was read until then** |\n" "$broke_off"
  for name in haproxy nginx nutcracker carbon-c-relay; do
    if chosen "$subjects" "$name"; then printf '| %s | %s |\n' "$name" "$(version_of "$name")"; fi
  done
  printf '\nMedians of %d rounds; "x floor" is the median of the rounds'"'"' own ratios. CPU is that of the process under test alone, ' "$repeats"
  printf 'user and system, from just before the first byte until the last has arrived at every server. "Delivered" counts a '
  printf 'request once for each server. A latency is from the send of a request to its last reply (half of the peak: from when it was due).\n'
}

report() {
  reported=yes
  local folder=${output:-$ROOT/perf/results} name base again=1
  [[ -z $quick || -n $output ]] || folder=$ROOT/artifacts/compare
  commit=$(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo unknown)
  name=$(date -u +%Y-%m-%d)-$commit
  [[ -z $(git -C "$ROOT" status --porcelain 2>/dev/null) ]] || commit+=+changes
  mkdir -p "$folder"
  # Nothing that was read is written over.
  base=$folder/$name
  while [[ -e $base.md ]]; do base=$folder/$name-$((++again)); done
  cp "$readings" "$base.tsv"
  {
    about
    awk -f "$COMPARE/readings.awk" -f "$COMPARE/tables.awk" "$readings"
    if [[ -z $quick ]]; then awk -f "$COMPARE/readings.awk" -f "$COMPARE/targets.awk" "$readings"; fi
  } >"$base.md"
  say "${base#"$ROOT"/}.md"
  if [[ -z $quick ]]; then sed -n '/^## Targets/,$p' "$base.md"; fi
}
