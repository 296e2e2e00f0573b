# Functions of the scripts beside it. `url` is the address of the server.

# A request, with the key of ROWMILL_API_KEY.
call() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer ${ROWMILL_API_KEY:-none}" "$@"; }
json() { call -H 'Content-Type: application/json' "$@"; }
# Prints an expression over the JSON on stdin, which is `it`.
pick() { node -p "const it = JSON.parse(require('fs').readFileSync(0, 'utf8')); $1"; }
# The last report of a batch, once it has ended.
watch() { call --no-buffer "$url/v1/batches/$1/events" | sed -n 's/^data: //p' | tail -n 1; }
step() { printf '\n== %s ==\n' "$1"; }
