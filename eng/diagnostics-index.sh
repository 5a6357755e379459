#!/usr/bin/env bash
# Writes the tables of docs/diagnostics.md from the first lines of docs/diagnostics/MP*.md ("# MP2004: file ends early"): one table under each heading "## MP20xx: …".
#   eng/diagnostics-index.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../docs"

# table MP20: the rows of a hundred codes.
table() {
  printf '| code | |\n|---|---|\n'
  sed -n -s '1s/^# \(MP[0-9]*\): \(.*\)$/| [\1](diagnostics\/\1.md) | \2 |/p' diagnostics/"$1"??.md
}

# Old tables go, with the empty lines around them; sections are written anew.
section=
{
  while IFS= read -r line; do
    case $line in
      "|"*) continue ;;
      "") [[ -n $section ]] && continue ;;
      "## MP"*)
        [[ -n $section ]] && { echo; table "$section"; echo; }
        section=${line:3:4}
        ;;
    esac
    printf '%s\n' "$line"
  done <diagnostics.md
  echo
  table "$section"
} >diagnostics.md.new
mv diagnostics.md.new diagnostics.md
