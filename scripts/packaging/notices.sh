#!/usr/bin/env bash
#
# What the native binary is linked from, with each part's licence and notices: what must go wherever the binary goes. Read from the
# restored packages themselves. Sourced, behind prepare.sh.

set -euo pipefail

# What compiles it and what judges its sources is no part of it; the compiler's packages stand for the runtime that it links in.
NO_PART='bannedapianalyzers|illink\.tasks|dotnet\.ilcompiler'

# resolved LOCK_FILE: the packages of the framework's own part, "name version" a line, in small letters as their folders are.
resolved() {
  awk -F'"' '
    /^    "net/ { on = $2 !~ /\// }
    /^      "/ { name = tolower($2) }
    on && $2 == "resolved" { print name, $4 }' "$1" | sort
}

# element NAME FILE: the text of a nuspec's element.
element() { sed -n "s|.*<$1[^>]*>\([^<]*\)</$1>.*|\1|p" "$2" | head -n 1; }

# notices RUNTIME KIND: prints them; KIND is static where the C library is a part of the binary too, static-tls where OpenSSL is as well.
notices() {
  local lock=$ROOT/src/Dynode.Native/packages.lock.json store=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  local name version folder licence file sum seen=" " compiler
  compiler=$(resolved "$lock" | sed -n 's/^microsoft\.dotnet\.ilcompiler //p')
  [[ -n $compiler ]] || die "no compiler in $lock"
  printf 'The dynode binary is linked from these parts. Their licences and notices follow.\n\n'
  while read -r name version; do
    folder=$store/$name/$version
    [[ -e $folder/$name.nuspec ]] || die "$folder is missing: what is in the binary is not known"
    licence=$(sed -n 's|.*<license type="expression">\([^<]*\)</license>.*|\1|p' "$folder/$name.nuspec")
    [[ $licence == MIT ]] || { compgen -G "$folder/[Ll][Ii][Cc][Ee][Nn][SsCc][Ee]*" >/dev/null && licence="see below"; } ||
      die "$name has another licence than MIT, and no text of it: look at it"
    printf '%s %s; %s; %s\n' "$(element id "$folder/$name.nuspec")" "$version" "$licence" "$(element copyright "$folder/$name.nuspec")"
  done < <(parts_of "$lock" "$1" "$compiler")
  [[ $2 != static* ]] || printf '%s\n' "glibc; LGPL-2.1-or-later; its source is Debian's package glibc. The objects that it is linked with are made by scripts/build.sh --static from this project's source, so that it can be linked anew with another"
  if [[ $2 == static-tls ]]; then
    printf 'OpenSSL %s; Apache-2.0; see below\n' "$(dpkg-query -W -f '${Version}' libssl-dev)"
    printf '\n%s\nOpenSSL\n%s\n' "${RULE:=$(printf '=%.0s' {1..100})}" "$RULE"
    cat /usr/share/doc/libssl-dev/copyright /usr/share/common-licenses/Apache-2.0
  fi
  while read -r name version; do
    for file in "$store/$name/$version"/*; do
      [[ ${file##*/} =~ ^([Ll][Ii][Cc][Ee][Nn][SsCc][Ee]|[Tt][Hh][Ii][Rr][Dd]-?[Pp][Aa][Rr][Tt][Yy]-?[Nn][Oo][Tt][Ii][Cc][Ee][Ss])(\.[A-Za-z]+)?$ ]] || continue
      # Most packages of one maker have the same.
      sum=$(tr -d '\r' <"$file" | sha256sum)
      [[ $seen != *" $sum "* ]] || continue
      seen+="$sum "
      printf '\n%s\n%s %s: %s\n%s\n\n' "${RULE:=$(printf '=%.0s' {1..100})}" "$name" "$version" "${file##*/}" "$RULE"
      tr -d '\r' <"$file" | sed '1s/^\xef\xbb\xbf//'
    done
  done < <(parts_of "$lock" "$1" "$compiler")
}

# parts_of LOCK_FILE RUNTIME COMPILER
parts_of() {
  echo "microsoft.netcore.app.runtime.nativeaot.$2 $3"
  resolved "$1" | grep -vE "$NO_PART"
}
