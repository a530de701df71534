#!/usr/bin/env bash
# What the GitHub Action runs: the published package of the same version as action.yml.
set -euo pipefail

version=$(node -p 'require(`${process.env.GITHUB_ACTION_PATH}/package.json`).version')
options=(--platform "$PLATFORM")
[ -z "$JUNIT" ] || options+=(--junit "$JUNIT")
while IFS= read -r option; do
  [ -z "$option" ] || options+=("$option")
done <<<"$OPTIONS"
# npx, other than npm exec, passes on the second --.
exec npx --yes "port-contract@$version" "${options[@]}" -- "$COMMAND"
