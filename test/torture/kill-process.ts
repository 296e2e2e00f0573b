import { readFileSync } from 'node:fs';
import { platform } from 'node:process';
import type { RowmillProcess } from '../e2e/rowmill-process.ts';
import type { ToolCall, World } from './world.ts';

/** How many calls that a killed process took the answers of may be sent again. */
export const REPEATED_AT_MOST = 16;

/** A process that was killed. */
export interface Kill {
  who: string;
  /** The answers that it had taken from its connections; undefined where the system does not show that. */
  taken: number | undefined;
}

/** Kills a process by SIGKILL, and tells which answers it had. It is stopped first, so that they can be counted. */
export async function killProcess(world: World, one: RowmillProcess, who: string): Promise<Kill> {
  one.child.kill('SIGSTOP');
  const unread = unreadAnswers(world, one.pid);
  const delivered = callsBy(world, who).filter((call) => call.delivered).length;
  one.child.kill('SIGKILL');
  await one.ended;
  return { who, taken: unread === undefined ? undefined : delivered - unread };
}

/** All calls of a process. */
export function callsBy({ modelCalls, toolCalls }: World, who: string): ToolCall[] {
  return [...modelCalls, ...toolCalls].filter((call) => call.who === who);
}

/** The connections of a stopped process that hold an answer of the model or the tool which it has not read. */
function unreadAnswers({ ports }: World, pid: number): number | undefined {
  if (platform !== 'linux') return undefined;
  for (let looks = 0; looks < 1000 && !/\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')); looks += 1);
  const remotes = ports.map((port) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`);
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  // Columns: number, local address, remote address, state, length of the send queue and of the receive queue.
  const columns = lines.map((line) => line.trim().split(/\s+/));
  return columns.filter(
    ([, , remote = '', , queues = '']) =>
      remotes.some((end) => remote.endsWith(end)) && queues !== '' && !queues.endsWith(':00000000'),
  ).length;
}
