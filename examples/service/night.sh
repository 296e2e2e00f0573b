#!/usr/bin/env bash
# A night of jobs over REST, by curl: bash night.sh http://127.0.0.1:8787 10000
# Jobs of mixed priorities are queued and processed, and their savings are compared with the ledger, call by call.
# MODE=realtime does not wait for the batch API. It writes report.md and report.html here.
set -euo pipefail
url=${1:-http://127.0.0.1:8787}
jobs=${2:-10000}
here=$(dirname "$0")
. "$here/client.sh"

step 'an agent'
json -d '{
  "name": "review-topics",
  "prompt": "What is this review about? {review}",
  "fields": [{ "name": "topic", "type": "string", "description": "In one word." }],
  "model": "'"${MODEL:-anthropic/claude-haiku-5-5}"'"
}' "$url/v1/agents" | pick '`${it.name}@${it.version}`'

step 'queue'
# Sent again after a break, with the same key, the request adds only what is missing.
seq "$jobs" |
  awk '{ printf "{\"agent\": \"review-topics\", \"input\": {\"review\": \"Review %d\"}, \"priority\": %d}\n", $1, $1 % 10 + 1 }' |
  call -H 'Content-Type: application/x-ndjson' -H "Idempotency-Key: night-$(date +%s%N)" --data-binary @- "$url/v1/jobs/bulk" |
  pick '`${it.items.length} jobs`'
call "$url/v1/queues" | pick 'const { waiting, by_priority, estimate } = it.items.find(({ agent }) => agent === "review-topics");
  `${waiting} wait, ${by_priority[0].jobs} of them with priority ${by_priority[0].priority}: ${JSON.stringify(estimate)}`'

step 'process'
batch=$(json -d "{\"max_cost_usd\": ${MAX_USD:-20}, \"mode\": \"${MODE:-auto}\"}" "$url/v1/queues/review-topics/process" |
  pick 'it.items[0].batch_id')
watch "$batch" | pick '`${it.batch_id} ${it.status}: ${it.counts.succeeded} succeeded, ${it.counts.failed} failed`'

step 'savings'
# Every call of the batch with its cost, page by page.
ledger() {
  local cursor='' page
  while [ "$cursor" != null ]; do
    page=$(call "$url/v1/ledger?batch_id=$batch&limit=1000${cursor:+&cursor=$cursor}")
    pick 'it.items.map(({ cost_usd, saved_usd }) => `${cost_usd} ${saved_usd}`).join("\n")' <<<"$page"
    cursor=$(pick 'it.next_cursor' <<<"$page")
  done
}
saved=$(call "$url/v1/savings?by=batch" |
  pick 'const { calls, cost_usd, saved_usd } = it.items.find(({ name }) => name === "'"$batch"'");
    `${calls} calls, $${cost_usd.toFixed(6)}, saved $${saved_usd.toFixed(6)}`')
sums=$(ledger | awk 'NF { calls += 1; cost += $1; saved += $2 }
  END { printf "%d calls, $%.6f, saved $%.6f\n", calls, cost, saved }')
printf 'savings: %s\nledger:  %s\n' "$saved" "$sums"
[ "$saved" = "$sums" ]

step 'report'
call "$url/v1/reports?format=markdown" >report.md
call "$url/v1/reports?format=html" >report.html
sed -n '1,/^$/p' report.md

step 'every night'
call "$url/v1/schedules/nightly" | pick '`${it.name}: ${it.cron}, next ${it.next[0]}`'
