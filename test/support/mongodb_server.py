"""Starts SecantusDB for tests as MongoDB would behave: `python mongodb_server.py PORT FOLDER`.

Two things differ from its own command, both because tests kill processes in the middle of a transaction:

- A commit is on the disk before it is answered, as with `journal: true`: by default this server, when killed, loses
  transactions that it has acknowledged.
- A transaction whose client has gone is ended after a few seconds, whatever the server is asked meanwhile. MongoDB does
  so in the background (`transactionLifetimeLimitSeconds`); this server only when another transaction does something, so
  a plain write to the same document would wait for ever.
"""

import logging
import signal
import sys
import threading

from secantus.server import SecantusDBServer

TRANSACTION_SECONDS = 10.0


def main() -> None:
    port, folder = int(sys.argv[1]), sys.argv[2]
    logging.basicConfig(level='INFO', format='%(asctime)s %(levelname)s %(name)s: %(message)s')
    server = SecantusDBServer(
        port=port,
        storage_path=folder,
        enable_test_commands=False,
        sync_on_commit=True,
        transaction_lifetime_seconds=TRANSACTION_SECONDS,
    )
    stopped = threading.Event()

    def end_transactions() -> None:
        while not stopped.wait(1.0):
            ended = server.transactions.prune_expired()
            if ended:
                logging.warning('%d transactions ended: unused for %s seconds', ended, TRANSACTION_SECONDS)

    def stop(*_: object) -> None:
        stopped.set()
        server.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    server.start()
    threading.Thread(target=end_transactions, daemon=True).start()
    server.wait()


if __name__ == '__main__':
    main()
