#!/usr/bin/env bash
# Installs what `dotnet publish` of a native application needs beside the .NET SDK: a linker driver (clang), a linker (lld) and zlib's headers.
# For Debian and Ubuntu; elsewhere it says what to install. Does nothing where everything is there. Prints one line, or the package manager's
# complaints when it fails.
#   eng/install-native-tools.sh            for this machine's own architecture
#   eng/install-native-tools.sh --arm64    also what publishing for linux-arm64 from x64 and running the result need: a C library and startup files for
#                                          the linker (gcc-aarch64-linux-gnu brings them), objcopy, qemu. No zlib: .NET brings its own.
#   eng/install-native-tools.sh --browser  also Chromium, in which a test opens the report of a compilation
set -euo pipefail

arm64=0 browser=0
for argument; do
  case $argument in
    --arm64) arm64=1 ;;
    --browser) browser=1 ;;
    *) echo "native tools: there is no option '$argument'; there are --arm64 and --browser" >&2; exit 2 ;;
  esac
done

packages=()
command -v clang >/dev/null || packages+=(clang)
command -v ld.lld >/dev/null || packages+=(lld)
[[ -e /usr/include/zlib.h || -e /usr/local/include/zlib.h ]] || packages+=(zlib1g-dev)
if ((arm64)) && [[ $(uname -m) != aarch64 ]]; then
  command -v aarch64-linux-gnu-gcc >/dev/null || packages+=(gcc-aarch64-linux-gnu)
  [[ -e /usr/aarch64-linux-gnu/lib/libc.so ]] || packages+=(libc6-dev-arm64-cross)
  command -v qemu-aarch64-static >/dev/null || packages+=(qemu-user-static)
fi

if ((browser)); then
  [[ -x /usr/bin/chromium || -x /usr/bin/chromium-browser || -x /usr/bin/google-chrome ]] || packages+=(chromium)
fi

if ((${#packages[@]} == 0)); then
  echo "native tools: already installed"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "native tools: missing ${packages[*]}, and this is not Debian or Ubuntu: install clang, lld and zlib's development files" >&2
  exit 1
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "native tools: missing ${packages[*]}; run this as root" >&2; exit 1; }
  as_root=(sudo -n)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# `env` because sudo passes no variables on.
if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}"; } </dev/null >"$log" 2>&1; then
  cat "$log" >&2
  echo "native tools: could not install ${packages[*]}" >&2
  exit 1
fi

echo "native tools: installed ${packages[*]}"
