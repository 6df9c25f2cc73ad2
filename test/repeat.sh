#!/usr/bin/env bash
# Runs a test file many times while the machine is kept busy, and counts the failures: test/repeat.sh FILE TIMES
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 2 ] || { echo "usage: $0 FILE TIMES" >&2; exit 2; }
busy=()
trap 'kill "${busy[@]}"' EXIT
for _ in 1 2; do
  (while :; do :; done) &
  busy+=($!)
done
failed=0
for turn in $(seq "$2"); do
  if output=$(npx vitest run "$1" 2>&1); then continue; fi
  failed=$((failed + 1))
  printf 'turn %s failed:\n%s\n' "$turn" "$output"
done
echo "$1: $failed of $2 turns failed"
[ "$failed" -eq 0 ]
