#!/usr/bin/env bash
# Puts the server on Fly.io: the app, a volume, a secret key, the deployment; then prints the URL to paste. Run it again to deploy a change.
#
#   ./deploy.sh my-app [region]
#
# It needs flyctl, signed in. The name of the app is part of its address, https://my-app.fly.dev, and must be free.
set -euo pipefail
cd "$(dirname "$0")"

readonly VOLUME=data VOLUME_GB=1

fail () { printf '%s\n' "$@" >&2; exit 1; }
step () { printf '\n== %s\n' "$1"; }

app="${1:-}"
region="${2:-fra}"
[[ "$app" =~ ^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$ ]] || fail \
  'Write a name for the app, in lower case letters, digits and hyphens: ./deploy.sh my-app [region]' \
  'It becomes part of the address, https://my-app.fly.dev. Regions: flyctl platform regions'

fly="$(command -v flyctl || command -v fly || true)"
[[ -n "$fly" ]] || fail 'flyctl is missing. Install it as https://fly.io/docs/flyctl/install/ says, then run this again.'
"$fly" auth whoami >/dev/null 2>&1 || fail 'flyctl is not signed in. Run: flyctl auth login'

is_new=''
step "app $app"
if "$fly" status --app "$app" >/dev/null 2>&1; then
  echo 'is there already'
else
  "$fly" apps create "$app" || fail "The app could not be made. If the name is taken, choose another: ./deploy.sh another-name $region"
  is_new=yes
fi

step "volume $VOLUME"
if "$fly" volumes list --app "$app" --json | grep -Eq "\"name\": *\"$VOLUME\""; then
  echo 'is there already'
else
  # One machine, one volume: the question whether one is enough is answered here.
  "$fly" volumes create "$VOLUME" --app "$app" --region "$region" --size "$VOLUME_GB" --yes
fi

step 'secrets'
if [[ -n "$is_new" ]]; then
  # Handed over on standard input, so that the key stands in no list of processes and in no history.
  printf 'SECRET_KEY=%s\n' "$(openssl rand -base64 32)" | "$fly" secrets import --stage --app "$app"
else
  echo 'left as they are: another SECRET_KEY would end what the old one sealed'
fi

step 'deploy'
"$fly" deploy --app "$app" --primary-region "$region" --ha=false

# A PUBLIC_URL of one's own wins; the server says which one it uses, and the link for the first account while there is none.
lines="$("$fly" logs --app "$app" --no-tail 2>/dev/null || true)"
url="$(grep -oE 'MCP server +https://[^ ]+' <<<"$lines" | tail -n 1 | grep -oE 'https://[^ ]+' || true)"
invitation="$(grep -oE 'https://[^ ]+/signup\?invite=[^ ]+' <<<"$lines" | tail -n 1 || true)"

printf '\n  Paste this URL into ChatGPT, Claude, Cursor or VS Code:   %s\n' "${url:-https://$app.fly.dev}"
if [[ -n "$invitation" ]]; then
  printf '  Make the first account here, once:                        %s\n' "$invitation"
else
  printf '  The link for the first account, while there is none, stands in:  flyctl logs --app %s\n' "$app"
fi
