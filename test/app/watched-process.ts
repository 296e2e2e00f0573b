import { spawn } from 'node:child_process';
import { startWatchdog } from '../../src/app/watchdog.ts';
import { announceActivity } from '../../src/base/process/activity.ts';

// A process with a watchdog of 20 ticks of 25 ms. What it does next is its argument.
const [, , what] = process.argv;
startWatchdog(0.5, {
  tickMs: 25,
  onFault: (thrown) => {
    throw thrown;
  },
});
for (const text of ['an older thing', 'row 5 of batch bat_1', 'the expression input_mapping.a']) {
  announceActivity(() => text);
}
const { pid } = process;

// The thread of the watchdog must be running before the loop is blocked.
afterShell('sleep 0.5', () => {
  if (what === 'block') for (;;);
  afterShell(what === 'stopped' ? `kill -STOP ${pid}; sleep 2; kill -CONT ${pid}` : 'sleep 2', () => {
    afterShell('sleep 0.3', () => {
      process.stdout.write('alive');
      process.exit(0);
    });
  });
});

function afterShell(script: string, then: () => void): void {
  spawn('sh', ['-c', script]).on('close', then);
}
