#!/usr/bin/env bash
# Runs what its arguments say under the newest LTS of Node, which comes as the npm package `node`.
set -euo pipefail
cd "$(dirname "$0")/.."
home="node_modules/.cache/newest-lts"
mkdir -p "$home"
[ -e "$home/package.json" ] || echo '{ "private": true }' > "$home/package.json"
[ -x "$home/node_modules/node/bin/node" ] || npm install --prefix "$home" --no-save --no-audit --no-fund node@24
PATH="$PWD/$home/node_modules/node/bin:$PATH"
export PATH
echo "Node $(node --version)"
exec "$@"
