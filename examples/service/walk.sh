#!/usr/bin/env bash
# From a table to its results over REST, by curl: bash walk.sh http://127.0.0.1:8787
# `rowmill serve` has to listen there. With keys: ROWMILL_API_KEY. Node reads the JSON.
set -euo pipefail
url=${1:-http://127.0.0.1:8787}
here=$(dirname "$0")
. "$here/client.sh"

step 'upload'
table=$(call --data-binary @"$here/reviews.csv" -H 'Content-Type: application/octet-stream' \
  "$url/v1/uploads?name=reviews.csv" | pick 'it.uri')
echo "$table"

step 'analyse'
json -d "{\"csv_uri\": \"$table\"}" "$url/v1/tables/analyze" |
  pick '`${it.row_count} rows; ${it.columns.map(({ name, type }) => `${name}: ${type}`).join(", ")}`'

step 'estimate'
# An agent of this request alone: a question about each row, and the fields of the answer.
request='{
  "csv_uri": "'$table'",
  "target": {
    "type": "inline",
    "prompt": "What is this review about? {review}",
    "fields": [{ "name": "topic", "type": "string", "description": "In one word." }],
    "model": "'${MODEL:-anthropic/claude-haiku-5-5}'"
  },
  "output_uri": "-"
}'
plan=$(json -d "$request" "$url/v1/estimates")
pick '`${it.row_count} rows, columns ${it.columns}, problems: ${it.problems.length}, at most $${it.spending_usd}`' <<<"$plan"
usd=$(pick 'it.spending_usd' <<<"$plan")

step 'run'
# An estimate above 1.1 times of the accepted one would start nothing.
batch=$(json -H "Idempotency-Key: $(date +%s%N)" -d "${request%\}}, \"accepted_usd\": $usd}" "$url/v1/batches" |
  pick 'it.batch_id')
echo "$batch"

step 'watch'
watch "$batch" | pick '`${it.status}: ${it.counts.succeeded} succeeded, ${it.counts.failed} failed`'

step 'a failed row'
row=$(call "$url/v1/batches/$batch/rows?status=failed&limit=1" | pick 'it.items[0]?.row ?? ""')
if [ -n "$row" ]; then
  call "$url/v1/batches/$batch/rows/$row" | pick '`row ${it.row.row}: ${it.row.error.code}`'

  step 'retry'
  failed=$(call "$url/v1/batches/$batch" | pick 'it.counts.failed')
  json -d "{\"expected_rows\": $failed, \"max_cost_usd\": 1}" "$url/v1/batches/$batch/retry" >/dev/null
  watch "$batch" | pick '`${it.status}: ${it.counts.succeeded} succeeded, ${it.counts.failed} failed`'
fi

step 'export'
call "$url/v1/batches/$batch/export?format=csv"

step 'report'
call "$url/v1/reports?format=markdown" | sed -n '1,/^$/p'
