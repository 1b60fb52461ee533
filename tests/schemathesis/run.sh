#!/usr/bin/env bash
# Holds a real server against its own OpenAPI document: makes one with a fresh data directory on loopback, logs in, lets
# schemathesis ask whatever the document allows and forbids, and stops it.
#
# usage: run.sh SECONDS [SEED]    (EMT_SERVER: the program; SCHEMATHESIS: the directory of its Python environment)
set -euo pipefail
seconds=${1:?usage: run.sh SECONDS [SEED]}
seed=${2:-1}
here=$(cd "$(dirname "$0")" && pwd)
server=${EMT_SERVER:-$here/../../target/debug/emt-server}
environment=${SCHEMATHESIS:-$here/../../target/schemathesis}

# Made anew when other versions are wanted, or when it was cut short.
if ! cmp --silent "$here/requirements.txt" "$environment/requirements.txt"; then
    rm -rf "$environment"
    python3 -m venv "$environment" || { echo "run.sh: python3 with venv is needed (Debian: python3-venv)" >&2; exit 1; }
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" || {
        echo "run.sh: schemathesis cannot be installed: is the package index of pip reachable?" >&2
        exit 1
    }
    cp "$here/requirements.txt" "$environment/requirements.txt"
fi

work=$(mktemp -d)
pid=
stop() {
    status=$?
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    fi
    if [ "$status" -ne 0 ] && [ -f "$work/log" ]; then
        grep -E '"level":"(ERROR|WARN)"' "$work/log" | tail -20 || true
    fi
    rm -rf "$work"
    exit "$status"
}
trap stop EXIT

password=Schemathesis-Password-1
"$server" init --data-dir "$work/data" --listen 127.0.0.1:0 --project default --admin-password-stdin <<<"$password" 2>/dev/null
EMT_SERVER_LOG_FORMAT=json \
    "$server" run --data-dir "$work/data" >"$work/out" 2>"$work/log" &
pid=$!
for _ in $(seq 300); do
    grep -q '^serving ' "$work/out" && break
    kill -0 "$pid" 2>/dev/null || { cat "$work/log"; exit 1; }
    sleep 0.1
done
origin=$(sed -n 's/^serving //p' "$work/out")
port=${origin##*:}
api=https://api.emt.localhost:$port
authority=$work/data/ca.pem
ask() {
    curl --silent --show-error --fail --cacert "$authority" --resolve "*:$port:127.0.0.1" "$@"
}

"$environment/bin/openapi-spec-validator" "$here/../../docs/openapi.json"

EMT_TOKEN=$(printf 'grant_type=password&client_id=system-client&username=admin&scope=openid&password=%s' "$password" |
    ask --data @- "https://keycloak.emt.localhost:$port/realms/master/protocol/openid-connect/token" | jq --raw-output .access_token)
EMT_PROJECT=$(ask --header @- "$api/v1/projects/default" <<<"Authorization: Bearer $EMT_TOKEN" | jq --raw-output .status.projectStatus.uID)
export EMT_TOKEN EMT_PROJECT

# What it finds and remembers stays out of the sources.
cp "$here/schemathesis.toml" "$here/checks.py" "$work"
cd "$work"
"$environment/bin/schemathesis" run "https://127.0.0.1:$port/openapi.json" \
    --tls-verify "$authority" --max-time "$seconds" --seed "$seed"
ask "$api/readyz"
