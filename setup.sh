#!/bin/sh
# Installs a Vulkan driver for Deno's WebGPU if there is none; with --chromium, also the browser for the tests of the
# web pages; with --mpi, Open MPI, MPICH and iproute2 for the tests of several processes. Installs nothing else.
set -eu

say() { printf '%s\n' "$*"; }

with_chromium=no
with_mpi=no
for argument in "$@"; do
  case "$argument" in
    --chromium) with_chromium=yes ;;
    --mpi) with_mpi=yes ;;
    *) say "setup: unknown argument $argument; there are --chromium and --mpi" >&2; exit 2 ;;
  esac
done

# Installs Debian packages, or prints how to: install "what is missing" "remedy without apt-get" PACKAGE...
install() {
  missing=$1
  remedy=$2
  shift 2
  command="apt-get update && apt-get install --yes --no-install-recommends $*"
  if ! command -v apt-get >/dev/null 2>&1; then
    say "setup: $missing. $remedy" >&2
    exit 1
  fi
  if [ "$(id -u)" = 0 ]; then
    as_root=""
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo"
  else
    say "setup: $missing, and this user cannot install packages. Run:" >&2
    say "  sudo sh -c '$command'" >&2
    exit 1
  fi
  say "setup: $missing; installing Debian's $*"
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq
  $as_root apt-get install --yes -qq --no-install-recommends "$@" >/dev/null
}

found() {
  for folder in /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/share/vulkan/icd.d; do
    for file in "$folder"/*.json; do
      [ -e "$file" ] && return 0
    done
  done
  [ -n "${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}" ]
}
loader() { ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; }

# The same paths as in tests/web/browser.ts.
chromium() {
  [ -n "${CHROMIUM:-}" ] && return 0
  for path in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome \
    /Applications/Chromium.app/Contents/MacOS/Chromium \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    [ -e "$path" ] && return 0
  done
  return 1
}

# macOS and Windows have their own graphics API.
if [ "$(uname -s)" != Linux ]; then
  say "setup: this system needs no driver"
elif found && loader; then
  say "setup: found a Vulkan driver"
else
  install "no Vulkan driver was found" \
    "Install one with your system's package manager: Mesa's Vulkan drivers
(mesa-vulkan-drivers, vulkan-radeon, vulkan-intel or vulkan-swrast) or the driver of your GPU's vendor, and the
Vulkan loader (libvulkan1 or vulkan-icd-loader)." \
    mesa-vulkan-drivers libvulkan1
  say "setup: installed a Vulkan driver"
fi

if [ "$with_chromium" = no ]; then
  :
elif chromium; then
  say "setup: found Chromium"
else
  install "no Chromium was found" \
    "Install Chromium or Chrome. If the tests do not find it, set
CHROMIUM=/path/to/chromium." \
    chromium fonts-dejavu-core
  say "setup: installed Chromium"
fi

if [ "$with_mpi" = no ]; then
  :
elif command -v mpirun.openmpi >/dev/null && command -v mpirun.mpich >/dev/null && command -v ip >/dev/null; then
  say "setup: found Open MPI, MPICH and iproute2"
else
  install "Open MPI, MPICH or iproute2 was not found" \
    "The tests need all three, and Debian's names of the
launchers: mpirun.openmpi and mpirun.mpich." \
    openmpi-bin mpich iproute2
  say "setup: installed Open MPI, MPICH and iproute2"
fi
