import { isMainThread } from 'node:worker_threads';

// Preloaded into the processes of a test: each ends when its standard input closes, and so when the process that started
// it ends, however that ends. Threads of a process have an input of their own, which is closed.
if (isMainThread) process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume();
