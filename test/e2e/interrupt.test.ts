import { afterEach, describe, expect, it } from 'vitest';
import { listenForStop, type SignalName } from '../../src/cli/signals.ts';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';

let space: Workspace | undefined;
let model: MessagesServer | undefined;
afterEach(async () => {
  await space?.close();
  await model?.close();
  space = undefined;
  model = undefined;
});

const NAMES = Array.from({ length: 30 }, (_, at) => `Ann ${at}`);
const RUN = ['run', 'people.csv', '-a', 'greeter', '-c', '2', '--out', 'out.csv', '--overwrite'];

describe('rowmill run, interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'drains on %s and exits 130 with the command that resumes',
    async (signal) => {
      space = await createWorkspace({ latencyMs: 300, names: NAMES });
      const going = space.start(RUN);
      await going.until(/Started bat_/);
      going.child.kill(signal);
      const done = await going.finished;
      expect(done.code).toBe(130);
      expect(done.stderr).toContain('Pausing: calls in flight are finished first.');
      const [, id = ''] = /rowmill batches resume (bat_\w+)/.exec(done.stderr) ?? [];
      expect(done.stdout).toContain('paused (interrupted)');
      await space.write('greeter.script.yaml', FAST);
      const rest = await space.run(['batches', 'resume', id, '--json']);
      expect(rest.code).toBe(0);
      const report = JSON.parse(rest.stdout);
      expect(report).toMatchObject({ status: 'completed', counts: { total: 30, succeeded: 30 } });
      // Every answered call was kept: none was sent twice.
      expect(report.model_calls).toBe(30);
    },
  );

  it('only follows a batch that another process runs: a signal ends the following, not the batch', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    // The batch can not end before both followers have seen it, however slowly they start.
    model = await startMessagesServer({
      respond: async (request) => {
        await released;
        return echoAnswer(request);
      },
    });
    const { stats, url } = model;
    space = await createWorkspace({ names: NAMES.slice(0, 5) });
    const given = { env: { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: url } };
    const owner = space.start(['run', 'people.csv', '-a', 'keyless', '--out', 'out.csv', '--yes', '--json'], given);
    await expect.poll(() => stats.inFlight, { timeout: 40_000 }).toBe(1);
    const [batch] = JSON.parse((await space.run(['batches', 'list', '--json'])).stdout).batches;
    const id: string = batch.batch_id;
    const follower = space.start(['batches', 'resume', id], given);
    await follower.until(/Another process runs this batch/);
    follower.child.kill('SIGINT');
    const left = await follower.finished;
    expect(left.code).toBe(130);
    expect(left.stderr).toContain(`rowmill batches show ${id}`);
    const stays = space.start(['batches', 'resume', id], given);
    await stays.until(/Another process runs this batch/);
    release();
    const done = await owner.finished;
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ counts: { succeeded: 5 }, model_calls: 5 });
    const seen = await stays.finished;
    expect(seen.code).toBe(0);
    expect(seen.stdout).toContain('5 succeeded');
  });

  it('stops at once on the second signal', async () => {
    space = await createWorkspace({ latencyMs: 50_000, names: NAMES });
    const going = space.start([...RUN, '--json']);
    await expectRunning(space, going);
    going.child.kill('SIGINT');
    await going.until(/Pausing/);
    const before = performance.now();
    going.child.kill('SIGTERM');
    const done = await going.finished;
    expect(performance.now() - before).toBeLessThan(40_000);
    expect(done.code).toBe(130);
    expect(done.stderr).toContain('Stopping immediately.');
    expect(JSON.parse(done.stdout).next_step).toMatch(/rowmill batches resume bat_/);
  });
});

const FAST = `rules:
  - reply:
      tool_calls: [{ name: return_structured_data, input: { greeting: "{% 'Hello ' & input.name %}" } }]
`;

/** Resolves to the batch's id when a row is at work. */
async function expectRunning(workspace: Workspace, going: ReturnType<Workspace['start']>): Promise<string> {
  let id = '';
  await expect
    .poll(
      async () => {
        if (going.child.exitCode !== null) throw new Error(going.stderr());
        const list = JSON.parse((await workspace.run(['batches', 'list', '--json'])).stdout);
        id = list.batches[0]?.batch_id ?? '';
        return list.batches[0]?.counts.running ?? 0;
      },
      { timeout: 40_000 },
    )
    .toBeGreaterThan(0);
  return id;
}

describe('listenForStop', () => {
  function harness() {
    let send: (name: SignalName) => void = () => undefined;
    let now = 0;
    const told: string[] = [];
    const stop = listenForStop(
      (listener) => {
        send = listener;
        return () => undefined;
      },
      { onFirst: () => told.push('first'), onSecond: () => told.push('second') },
      () => now,
    );
    const sendAt = (name: SignalName, at: number) => {
      now = at;
      send(name);
    };
    return { stop, told, send: sendAt };
  }

  it('takes the same signal twice within a moment for one', () => {
    const { stop, told, send } = harness();
    send('SIGINT', 0);
    send('SIGINT', 20);
    expect(told).toEqual(['first']);
    expect(stop.hardSignal.aborted).toBe(false);
    send('SIGINT', 1000);
    expect(told).toEqual(['first', 'second']);
    expect(stop.hardSignal.aborted).toBe(true);
  });

  it('takes another signal for the second one at once', () => {
    const { told, send } = harness();
    send('SIGINT', 0);
    send('SIGTERM', 10);
    expect(told).toEqual(['first', 'second']);
  });
});
