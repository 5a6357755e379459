#!/usr/bin/env bash
# The whole way of a new user, timed: does what docs/getting-started.md says, line by line, in an empty folder, and prints a table of seconds.
#   eng/new-user.sh [--packages FOLDER] [--model FILE.gguf] [--no-native] [--builds N]
#     --packages  a folder with both packages (default: they are packed now)
#     --model     a model instead of the page's
#     --no-native without the last section, which takes a C toolchain
#     --builds    also compares builds (cold; same: nothing changed; code: C# changed; clean: outputs deleted, pack in the user's cache) of this project and of an
#                 equal one without ModelPack ("Plain"): medians of N
# Leaves nothing behind: packages are unpacked and packs cached in the temporary folder; .NET's own packages come from the user's cache where it has them.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
page=$root/docs/getting-started.md
packages= model=$root/Tests/Fixtures/stories260K.gguf native=1 builds=0
while (($# > 0)); do
  case $1 in
    --packages) packages=$(cd "$2" && pwd); shift 2 ;;
    --model) model=$(cd "$(dirname "$2")" && pwd)/$(basename "$2"); shift 2 ;;
    --no-native) native=0; shift ;;
    --builds) builds=$2; shift 2 ;;
    *) sed -n '3,9s/^# //p' "$0" >&2; exit 2 ;;
  esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
table=

now() { date +%s.%N; }
elapsed() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
row() { table+=$(printf '| %-84s | %7s |' "$1" "$2")$'\n'; }
# blocks LANGUAGE: the page's fenced blocks of a language, in order.
blocks() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```$/ { inside = 0 } inside' "$page"; }

# step COMMAND: a line of the page, timed; its output is shown when it fails, and what the program says is kept.
step() {
  local start log=$work/log
  start=$(now)
  eval "$1" >"$log" 2>&1 </dev/null || { cat "$log"; echo "new-user: '$1' failed" >&2; exit 1; }
  row "$1" "$(elapsed "$start")"
  case $1 in dotnet\ run | env\ *) cp "$log" "$work/said.${1%% *}" ;; esac
  if [[ $1 == "dotnet publish"* ]] && grep -E 'warning (IL|MP|NU|NETSDK)' "$log"; then
    echo "new-user: publishing must not warn" >&2
    exit 1
  fi
}

if [[ -z $packages ]]; then
  start=$(now)
  dotnet pack "$root/ModelPack.sln" -c Release -o "$work/packages" >"$work/log" 2>&1 </dev/null || { cat "$work/log"; exit 1; }
  echo "packed in $(elapsed "$start") s: $(cd "$work/packages" && stat -c '%n %s bytes' ./*.nupkg | paste -sd, -)"
else
  mkdir "$work/packages"
  cp "$packages"/ModelPack*.nupkg "$work/packages/"
fi

export RestoreFallbackFolders=${NUGET_PACKAGES:-$HOME/.nuget/packages}
export NUGET_PACKAGES=$work/nuget ModelPackCacheFolder=$work/cache
cd "$work"
while IFS= read -r line; do
  case $line in
    "dotnet run")
      cp "$model" stories260K.gguf
      { grep -v '</Project>' MyApp.csproj; blocks xml; echo '</Project>'; } >"$work/project" && cp "$work/project" MyApp.csproj
      blocks csharp >Program.cs
      ;;
    "dotnet publish"*) ((native)) || break ;;
  esac
  step "$line"
done < <(blocks shell)

if ((native)); then
  cmp "$work/said.dotnet" "$work/said.env" || { echo "new-user: the native file says something else" >&2; exit 1; }
  row "(bytes of the native file, model included)" "$(stat -c %s "$work/published/MyApp")"
fi

if [[ $model == "$root/Tests/Fixtures/stories260K.gguf" ]]; then
  cmp "$work/said.dotnet" "$root/Tests/Fixtures/stories260K.once-upon-a-time.200.txt" || { echo "new-user: not the golden text" >&2; exit 1; }
fi

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# build FOLDER KIND: one build without restore; its seconds, and those of the processor, go to files. (On a machine that does other things the latter can be compared.)
build() {
  local TIMEFORMAT='%R %U %S'
  { time (cd "$1" && dotnet build --no-restore -m:1 >"$work/log" 2>&1 </dev/null); } 2>"$work/time" || { cat "$work/log" >&2; exit 1; }
  awk -v wall="$2.$1.wall" -v cpu="$2.$1.cpu" '{ print $1 >>wall; print $2 + $3 >>cpu }' "$work/time"
}

if ((builds > 0)); then
  # The same project without the package, and in turns: what else the machine does hits both.
  cd "$work"
  dotnet new console -o Plain >/dev/null
  for project in MyApp Plain; do
    rm -rf "$project/bin" "$project/obj"
    (cd "$project" && dotnet restore >/dev/null)
  done
  for ((i = 0; i < builds; i++)); do
    for project in MyApp Plain; do
      rm -rf "$project/bin" "$project/obj/Debug" "$project/obj/modelpack"
      rm -rf "$ModelPackCacheFolder"
      build "$project" cold
      build "$project" same
      echo "// $i" >>"$project/Program.cs"
      build "$project" code
      rm -rf "$project/bin" "$project/obj/Debug" "$project/obj/modelpack"
      build "$project" clean
    done
  done
  for kind in cold same code clean; do
    for project in MyApp Plain; do
      row "(build: $kind, $project: seconds; of the processor $(median <"$kind.$project.cpu"))" "$(median <"$kind.$project.wall")"
    done
  done
fi

printf '| %-84s | %7s |\n| %s | %s |\n' "step" "seconds" "$(printf -- '-%.0s' {1..84})" "-------"
printf '%s' "$table"
