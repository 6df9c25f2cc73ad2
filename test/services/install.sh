#!/usr/bin/env bash
# Installs the real programs that integration tests use, from Debian's packages. Run as root, or with sudo at hand.
set -euo pipefail

# program:package
needed=(git:git tmux:tmux systemd-analyze:systemd haproxy:haproxy nginx:nginx-light prometheus:prometheus)
missing=()
for pair in "${needed[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
command -v terraform >/dev/null || echo "services: terraform is missing, and Debian has no package of it: install it by hand" >&2
if [ "${#missing[@]}" -eq 0 ]; then
  echo "services: all there"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "services: install ${missing[*]} with the package manager of this system" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
