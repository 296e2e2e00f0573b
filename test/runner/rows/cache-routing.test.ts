import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { traceLines } from '../../../src/cli/terminal/trace-text.ts';
import type { ModelRequest, ModelResponse } from '../../../src/protocol/messages.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { withFallback } from '../../../src/providers/shared/fallback.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { tool } from '../../support/scripted-run.ts';
import { ask, isSecondTurn, rowOf, say, startWorld, table, testAgent, USAGE, type World } from '../world.ts';

const FIRST = 'claude-first';
const OTHER = 'claude-haiku-5-5';
const log = createSilentLog();

let world: World;
afterEach(() => world.close());

/** Models of one server: which of them are served, and what was sent to which. */
interface Server {
  name?: string;
  served: string[];
  sent: string[];
  /** Each run looks something up before it answers. */
  looksUp?: boolean;
}

function providerOf(server: Server): Provider {
  return {
    name: 'anthropic',
    ...(server.name === undefined ? {} : { server: server.name }),
    async respond(request): Promise<ModelResponse> {
      if (!server.served.includes(request.model)) throw new AppError('model_unknown', 'There is no such model.');
      server.sent.push(request.model);
      return { content: contentOf(request, server), stopReason: 'tool_use', usage: USAGE, model: request.model };
    },
    close: async () => undefined,
  };
}

function contentOf(request: ModelRequest, { looksUp = false }: Server): ModelResponse['content'] {
  const row = rowOf(request);
  return looksUp && !isSecondTurn(request) ? ask('look_up', row) : say({ answer: `${row['q']} by ${request.model}` });
}

/** A runner of a process of its own, on the data of the test; its agent `MODEL_or_FALLBACK` is named after its models. */
function processOn(server: Server): Promise<Runner> {
  const provider = providerOf(server);
  const fallbacks = new Map<string, Provider>();
  return world.other({
    findAgent: async (name) => {
      const [model, fallback] = name.split('_or_');
      return testAgent({ name, model: { provider: 'anthropic', model, fallback, max_tokens: 100 } });
    },
    provider: async (_name, { model, fallback } = { provider: 'anthropic', model: '' }) => {
      if (typeof fallback !== 'string') return provider;
      const key = `${model}_or_${fallback}`;
      const made = fallbacks.get(key) ?? withFallback(provider, { model, fallback, log });
      fallbacks.set(key, made);
      return made;
    },
  });
}

async function run(runner: Runner, agent: string) {
  const request = world.request({ cache: 'all', overwrite: true }, { target: { type: 'agent', name: agent } });
  const { report } = await runner.create(request);
  const { model_calls, cached_calls, status } = await runner.drive(report.batch_id);
  return { id: report.batch_id, status, model_calls, cached_calls, answers: await answers() };
}

async function answers(): Promise<string[]> {
  const lines = (await world.read('out.csv')).trim().split('\n');
  return lines.slice(1).map((line) => line.split(',')[1] ?? '');
}

async function open(rows: string[], looksUp = false): Promise<void> {
  world = await startWorld(looksUp ? { tools: [tool('look_up')] } : {});
  await world.write('table.csv', table(rows));
}

const byFirst = (...words: string[]) => words.map((word) => `${word} by ${FIRST}`);
const byOther = (...words: string[]) => words.map((word) => `${word} by ${OTHER}`);

describe('the cache of a model with a fallback', () => {
  it("keeps the fallback's answers from a batch without one", async () => {
    await open(['a', 'b']);
    const isDown = await processOn({ served: [OTHER], sent: [] });
    expect(await run(isDown, `${FIRST}_or_${OTHER}`)).toMatchObject({ model_calls: 2, answers: byOther('a', 'b') });
    const isUp = await processOn({ served: [FIRST, OTHER], sent: [] });
    expect(await run(isUp, FIRST)).toMatchObject({ model_calls: 2, cached_calls: 0, answers: byFirst('a', 'b') });
  });

  it("serves the fallback's answers again where the model is still not served, in another process too", async () => {
    await open(['a', 'b', 'c']);
    await run(await processOn({ served: [OTHER], sent: [] }), `${FIRST}_or_${OTHER}`);
    const again = await processOn({ served: [OTHER], sent: [] });
    expect(await run(again, `${FIRST}_or_${OTHER}`)).toMatchObject({
      status: 'completed',
      model_calls: 0,
      cached_calls: 3,
      answers: byOther('a', 'b', 'c'),
    });
  });

  it('serves the answers of the model itself, and those of a batch that asks for the fallback by name', async () => {
    await open(['a']);
    await run(await processOn({ served: [FIRST, OTHER], sent: [] }), FIRST);
    const up = await processOn({ served: [FIRST, OTHER], sent: [] });
    expect(await run(up, `${FIRST}_or_${OTHER}`)).toMatchObject({ cached_calls: 1, answers: byFirst('a') });
    await world.write('table.csv', table(['b']));
    expect(await run(up, OTHER)).toMatchObject({ model_calls: 1, answers: byOther('b') });
    const down = await processOn({ served: [OTHER], sent: [] });
    expect(await run(down, `${FIRST}_or_${OTHER}`)).toMatchObject({ model_calls: 0, answers: byOther('b') });
  });

  it('leaves a transcript with the model whose cached answer began it', async () => {
    await open(['a'], true);
    const direct: Server = { served: [FIRST, OTHER], sent: [], looksUp: true };
    await run(await processOn(direct), OTHER);
    const fallen: Server = { served: [OTHER], sent: [], looksUp: true };
    const down = await processOn(fallen);
    expect(await run(down, `${FIRST}_or_${OTHER}`)).toMatchObject({ status: 'completed', answers: byOther('a') });
    const swapped: Server = { served: [FIRST, OTHER], sent: [], looksUp: true };
    const up = await processOn(swapped);
    expect(await run(up, `${OTHER}_or_${FIRST}`)).toMatchObject({ status: 'completed', answers: byOther('a') });
    expect([...fallen.sent, ...swapped.sent]).not.toContain(FIRST);
  });

  it('names the model that answered in the trace, also where another one was asked first', async () => {
    await open(['a']);
    for (const isCached of [false, true]) {
      const runner = await processOn({ served: [OTHER], sent: [] });
      const { id, cached_calls } = await run(runner, `${FIRST}_or_${OTHER}`);
      expect(cached_calls).toBe(isCached ? 1 : 0);
      const { attempts } = await runner.trace(id, 0);
      expect(attempts[0]?.entries.map(({ name }) => name)).toEqual([`anthropic/${OTHER}`]);
    }
  });
});

it('serves no answers of another server', async () => {
  await open(['a']);
  const served = [OTHER];
  await run(await processOn({ served, sent: [] }), OTHER);
  const elsewhere = await processOn({ name: 'anthropic http://gateway', served, sent: [] });
  expect(await run(elsewhere, OTHER)).toMatchObject({ model_calls: 1, cached_calls: 0 });
  expect(await run(elsewhere, OTHER)).toMatchObject({ model_calls: 0, cached_calls: 1 });
});

it('names the answers of the fallback model in the report, its warnings and the trace', async () => {
  await open(['a', 'b', 'c']);
  const runner = await processOn({ served: [OTHER], sent: [] });
  const { id } = await run(runner, `${FIRST}_or_${OTHER}`);
  const report = await runner.report(id);
  expect(report.fallback).toEqual({ model: `anthropic/${OTHER}`, calls: 3 });
  expect(report.warnings).toContain(
    `3 calls were answered by the fallback model anthropic/${OTHER}, because anthropic/${FIRST} was not served or refused the request.`,
  );
  const trace = await runner.trace(id, 1);
  expect(trace.attempts).toMatchObject([{ model: `anthropic/${OTHER}`, fallback: true }]);
  const output = { paint: (_style: string, text: string) => text, width: 120 };
  expect(traceLines(trace, output).join('\n')).toContain('the fallback model answered');

  const served = await processOn({ served: [FIRST, OTHER], sent: [] });
  const direct = await run(served, `${FIRST}_or_none`);
  expect(await served.report(direct.id)).toMatchObject({ fallback: null, warnings: [] });
  expect((await served.trace(direct.id, 1)).attempts).toMatchObject([{ fallback: false }]);
});
