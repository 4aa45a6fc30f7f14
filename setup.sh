#!/bin/sh
# Makes sure that a Vulkan driver is there, for Deno's WebGPU. Installs nothing where one is found.
set -eu

say() { printf '%s\n' "$*"; }

# macOS and Windows bring their own graphics API.
[ "$(uname -s)" = Linux ] || { say "setup: nothing to install on this system"; exit 0; }

found() {
  for folder in /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/share/vulkan/icd.d; do
    for file in "$folder"/*.json; do
      [ -e "$file" ] && return 0
    done
  done
  [ -n "${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}" ]
}
loader() { ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; }

if found && loader; then
  say "setup: a Vulkan driver is there"
  exit 0
fi

packages="mesa-vulkan-drivers libvulkan1"
command="apt-get update && apt-get install --yes --no-install-recommends $packages"
if ! command -v apt-get >/dev/null 2>&1; then
  say "setup: no Vulkan driver was found. Install one with your system's package manager: Mesa's Vulkan drivers" >&2
  say "(called mesa-vulkan-drivers, vulkan-radeon, vulkan-intel or vulkan-swrast) or your GPU vendor's, and the" >&2
  say "Vulkan loader (libvulkan1 or vulkan-icd-loader)." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo"
else
  say "setup: no Vulkan driver was found, and this user may not install one. Type:" >&2
  say "  sudo sh -c '$command'" >&2
  exit 1
fi
say "setup: no Vulkan driver was found; installing Debian's $packages"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install --yes -qq --no-install-recommends $packages >/dev/null
say "setup: done"
