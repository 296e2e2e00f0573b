#!/usr/bin/env bash
# A server on this machine that speaks MongoDB's protocol: SecantusDB, a replica set of one node with transactions and
# change streams. It is under the GPL 2: a test tool that is installed here and never shipped.
#   mongodb.sh up DIR PORT     starts it on the data in DIR, new or old; prints its URI.
#   mongodb.sh kill DIR        ends it with SIGKILL and keeps DIR: `up` starts it again on the same data.
#   mongodb.sh down DIR        ends it and removes DIR.
# test/support/mongodb_server.py says what its settings are, and why.
# Needs Python 3.11 with venv. The package is installed once into SECANTUSDB_VENV (default: DIR/venv).
set -euo pipefail
verb=${1:?up, kill or down} dir=${2:?DIR}
package=SecantusDB==0.7.0b3
running() { [ -f "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }
end() {
  running || return 0
  kill "-$1" "$(cat "$dir/pid")"
  for _ in $(seq 100); do running || return 0; sleep 0.1; done
  kill -KILL "$(cat "$dir/pid")" 2>/dev/null || true
}
case $verb in
  kill) end KILL; exit 0 ;;
  down) end TERM; rm -rf "$dir"; exit 0 ;;
  up) ;;
  *) echo "mongodb.sh: up, kill or down, not $verb" >&2; exit 2 ;;
esac
port=${3:?PORT}
mkdir -p "$dir"; dir=$(cd "$dir" && pwd); venv=${SECANTUSDB_VENV:-$dir/venv}
if ! [ -x "$venv/bin/secantusd-py" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" >&2
fi
setsid "$venv/bin/python" "$(dirname "$0")/mongodb_server.py" "$port" "$dir/data" >>"$dir/log" 2>&1 &
echo $! >"$dir/pid"
for _ in $(seq 300); do
  running || { echo "mongodb.sh: the server ended; see $dir/log" >&2; exit 1; }
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && { echo "mongodb://127.0.0.1:$port"; exit 0; }
  sleep 0.1
done
echo "mongodb.sh: port $port did not open; see $dir/log" >&2
exit 1
