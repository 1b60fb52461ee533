# The commands that operators of an Edge Orchestrator have in their scripts. Wanted in the environment: CLUSTER_FQDN,
# CURL_CA_BUNDLE, PROJECT, USERNAME, PASSWORD, VERSION (the version to link).
set -euo pipefail

JWT_TOKEN=$(curl --silent --show-error --fail --location --request POST \
  "https://keycloak.${CLUSTER_FQDN}/realms/master/protocol/openid-connect/token" \
  --header 'Content-Type: application/x-www-form-urlencoded' \
  --data-urlencode 'grant_type=password' \
  --data-urlencode 'client_id=system-client' \
  --data-urlencode "username=${USERNAME}" \
  --data-urlencode "password=${PASSWORD}" \
  --data-urlencode 'scope=openid profile email groups' | jq -r '.access_token')
MI_API_URL="https://api.${CLUSTER_FQDN}/v1/projects/${PROJECT}"

# Which versions are there?
OS_ID=$(curl --silent --show-error --fail -X GET "$MI_API_URL/compute/os" \
  -H 'Accept: application/json' -H "Authorization: Bearer $JWT_TOKEN" |
  jq -r --arg version "$VERSION" '.OperatingSystemResources[] | select(.imageId == $version) | .resourceId')

# Which instances?
INSTANCE=$(curl --silent --show-error --fail -X GET "$MI_API_URL/compute/instances" \
  -H 'Accept: application/json' -H "Authorization: Bearer $JWT_TOKEN" | jq '.instances[0]')
INSTANCE_ID=$(jq -r '.instanceID' <<<"$INSTANCE")
HOST_ID=$(jq -r '.hostID' <<<"$INSTANCE")

# Link the version to the instance.
curl --silent --show-error --fail -X PATCH "$MI_API_URL/compute/instances/$INSTANCE_ID" \
  -H 'Accept: application/json' -H 'Content-Type: application/json' -H "Authorization: Bearer $JWT_TOKEN" \
  -d "{\"osID\": \"$OS_ID\"}" | jq -r '"patched \(.resourceId) desired \(.desiredOs.resourceId) current \(.currentOs.imageId)"'
curl --silent --show-error --fail -X GET "$MI_API_URL/compute/instances" \
  -H 'Accept: application/json' -H "Authorization: Bearer $JWT_TOKEN" |
  jq -r '.instances[0] | "listed \(.resourceId) desired \(.desiredOs.resourceId) current \(.currentOs.imageId)"'

# Schedule the update.
START=$(($(date +%s) + 3))
curl --silent --show-error --fail -X POST "$MI_API_URL/schedules/single" \
  -H 'Accept: application/json' -H 'Content-Type: application/json' -H "Authorization: Bearer $JWT_TOKEN" \
  -d "{\"name\": \"seed-window\", \"scheduleStatus\": \"SCHEDULE_STATUS_OS_UPDATE\", \"targetHostId\": \"$HOST_ID\",
       \"startSeconds\": $START, \"endSeconds\": $((START + 3600))}" | jq -r '"scheduled \(.singleScheduleID)"'

# Watch it.
for _ in $(seq 1 300); do
  CURRENT=$(curl --silent --show-error --fail -X GET "$MI_API_URL/compute/instances/$INSTANCE_ID" \
    -H 'Accept: application/json' -H "Authorization: Bearer $JWT_TOKEN" | jq -r '.currentOs.imageId')
  if [[ $CURRENT == "$VERSION" ]]; then
    echo "updated $INSTANCE_ID to $CURRENT from $OS_ID"
    exit 0
  fi
  sleep 0.2
done
echo "still at $CURRENT" >&2
exit 1
