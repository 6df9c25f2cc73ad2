#!/usr/bin/env bash
# Packs every public package into ./dist-packages, or into the folder that is given.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:-dist-packages}"
to="$(cd "${1:-dist-packages}" && pwd)"
stage="$(mktemp -d)"
trap 'rm -rf "$stage"' EXIT
rm -f "$to"/ship-*.tgz
npm pack --workspaces --silent --pack-destination "$to"

# The command is packed once more, with what plugins of others import in it: so it installs alone. npm bundles no workspaces.
tar xzf "$to"/ship-cli-*.tgz -C "$stage"
cd "$stage/package"
npm pkg delete devDependencies
npm install --no-save --no-package-lock --prefer-offline --no-audit --no-fund --silent "$to"/ship-{core,exec,redact,system}-*.tgz
npm pkg set 'bundleDependencies[]=@ship/core' 'bundleDependencies[]=@ship/exec' 'bundleDependencies[]=@cdktn/hcl2json' 'bundleDependencies[]=@guanmingchiu/sqlparser-ts' 'bundleDependencies[]=libpg-query'
npm pack --silent --pack-destination "$to" > /dev/null
