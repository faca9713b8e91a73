# Completes dynode's verbs, options and the servers of the one that runs, for bash. /usr/share/bash-completion/completions/dynode

# _dynode_words VERB: what may follow it; "" is the program itself.
_dynode_words() {
  local place='--at --token --ca --port --configuration -c --set --help'
  case $1 in
    '') echo '--configuration -c --set --check --take-over --version --help demo health status servers clients top slowlog events config metrics disable enable eject add remove gaps adopt bootstrap wait kick log drain reload' ;;
    demo) echo '--port --regions --help' ;;
    health) echo '--port --ready --configuration -c --set --help' ;;
    status | servers | slowlog | events | config | metrics) echo "--json --watch $place" ;;
    gaps) echo "close --json --watch $place" ;;
    adopt) echo "--yes -y --json $place" ;;
    bootstrap) echo "--from --as --replace --yes -y --timeout --password-file --username $place" ;;
    clients) echo "--sort --limit --json --watch $place" ;;
    disable | eject) echo "--when-current $place" ;;
    top | enable | add | remove | kick | drain | reload | close) echo "$place" ;;
    wait) echo "--ready --current --timeout $place" ;;
    log) echo "TRACE DEBUG INFO WARN ERROR --for $place" ;;
  esac
}

# The servers of the broadcaster that is meant by what was typed so far; none where it does not answer at once.
_dynode_servers() {
  local place=() i
  for ((i = 1; i < at; i++)); do
    case ${typed[i]} in
      --at | --token | --ca | --port | --configuration | -c | --set) place+=("${typed[i]}" "${typed[i + 1]}") ;;
    esac
  done
  timeout 1 "${typed[0]}" servers "${place[@]}" 2>/dev/null </dev/null | awk 'NR > 1 { print $1 }'
}

_dynode() {
  local current=$2 previous=$3 typed=("${COMP_WORDS[@]}") at=$COMP_CWORD verb='' words='' i
  # A colon parts words unless that is undone; addresses have one.
  if declare -F _get_comp_words_by_ref >/dev/null; then _get_comp_words_by_ref -n : -c current -p previous -w typed -i at; fi
  for ((i = 1; i < at; i++)); do
    case ${typed[i]} in
      --at | --token | --ca | --port | --configuration | -c | --set | --sort | --limit | --current | --timeout | --for | --from | --as | --password-file | --username) i=$((i + 1)) ;;
      -*) ;;
      *)
        if [[ -z $verb || ($verb == gaps && ${typed[i]} == close) ]]; then verb=${typed[i]}; fi
        ;;
    esac
  done
  case $previous in
    --configuration | -c | --ca)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --token)
      words='@ -'
      ;;
    --sort) words='owed age requests' ;;
    --current) words="all $(_dynode_servers)" ;;
    --from) words=$(_dynode_servers) ;;
    --password-file)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --at | --port | --set | --limit | --timeout | --for | --as | --username) return ;;
    *)
      words=$(_dynode_words "$verb")
      case $verb in disable | enable | eject | remove | close | adopt | bootstrap) words+=" $(_dynode_servers)" ;; esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$current"; fi
}

complete -F _dynode dynode
