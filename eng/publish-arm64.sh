#!/usr/bin/env bash
# Publishes a project as a native linux-arm64 application, from linux-x64 (eng/install-native-tools.sh --arm64 installs what it takes) or on arm64 itself.
#   eng/publish-arm64.sh PROJECT FOLDER [arguments for dotnet publish]
# Run the result without an arm64 machine: qemu-aarch64-static -L /usr/aarch64-linux-gnu FOLDER/app
set -euo pipefail

(($# >= 2)) || { echo "usage: $0 PROJECT FOLDER [arguments for dotnet publish]" >&2; exit 2; }
project=$1 folder=$2
shift 2

cross=()
if [[ $(uname -m) != aarch64 ]]; then
  for tool in clang ld.lld aarch64-linux-gnu-objcopy; do
    command -v "$tool" >/dev/null || { echo "publish-arm64: $tool is missing: run eng/install-native-tools.sh --arm64" >&2; exit 1; }
  done
  # .NET would look for a toolchain named after the target; clang and lld serve every target, objcopy does not.
  cross=(-p:CppCompilerAndLinker=clang -p:LinkerFlavor=lld -p:ObjCopyName=aarch64-linux-gnu-objcopy)
fi

exec dotnet publish "$project" -c Release -r linux-arm64 -o "$folder" "${cross[@]}" "$@"
