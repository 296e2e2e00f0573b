import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDefinition } from '../../src/agent/definition.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { OpenedAgent } from '../../src/protocol/run.ts';
import { createPriceTable } from '../../src/providers/prices/prices.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';
import { hashModules } from '../../src/runner/execution/fleet/hash-modules.ts';
import type { BegunTask, FleetSnapshot } from '../../src/runner/execution/fleet/messages.ts';
import type { BatchSession } from '../../src/worker/batch-session.ts';
import { openSnapshot, type WorkerParts } from '../../src/worker/open-snapshots.ts';
import { createSlots } from '../../src/worker/slots.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-snapshot-'));
  for (const machine of ['coordinator', 'worker']) {
    await mkdir(join(folder, machine));
    await writeFile(join(folder, machine, 'tool.mjs'), 'export const tool = {};');
  }
});
afterEach(() => rm(folder, { recursive: true }));

const MODULE = { module: './tool.mjs' };
const MCP = { mcp: { command: 'node', args: ['server.mjs'] } };

/** The agent of a machine's own agents.yaml. */
const agentOn = (machine: string, tools: object[]): AgentDefinition => {
  const structured_output = { schema: { type: 'object', properties: { answer: { type: 'string' } } } };
  const raw = {
    name: 'counter',
    model: 'claude-haiku-5-5',
    instructions: 'Count.',
    input: { type: 'object' },
    tools,
    structured_output,
  };
  const parsed = parseAgent(raw, join(folder, machine));
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.definition;
};

/** Opens what the coordinator has sent on a worker. Returns the agent that was started, or why none was. */
const open = async (theirs: AgentDefinition, own: AgentDefinition | undefined, lack?: string) => {
  let started: AgentDefinition | undefined;
  const parts: WorkerParts = {
    openAgent: async (definition) => {
      started = definition;
      return { toolSpecs: [], close: async () => undefined } as unknown as OpenedAgent;
    },
    provider: async () => ({ name: 'anthropic', lacks: () => lack }) as never,
    priceTable: () => createPriceTable(),
    tables: { readBytes: () => Promise.reject(new Error('There are no media.')) },
    ownAgent: async () => own,
    ...{ kept: {} as WorkerParts['kept'], clock: systemClock, log: createSilentLog() },
  };
  const snapshot: FleetSnapshot = {
    batch: {
      ...{ batchId: 'bat_1', agent: theirs, toolSpecs: null, columns: ['q'], tableUri: '/t.csv', decimalComma: false },
      ...{ inputMapping: { q: 'q' }, outputMapping: {} },
    },
    ...{ prices: null, modules: await hashModules(theirs), caches: false },
  };
  const opening = openSnapshot(snapshot, { limits: {}, events: [] } as unknown as BegunTask, {
    ...{ session: {} as BatchSession, slots: createSlots(1), parts, hard: new AbortController().signal },
  });
  const refusal = await opening.then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  return { started, refusal };
};

test('the tools of an agent are started in the folder of this worker, not in the one that a message names', async () => {
  const tools = [MODULE, MCP];
  const { started, refusal } = await open(agentOn('coordinator', tools), agentOn('worker', tools));
  expect(refusal).toBeUndefined();
  expect(started?.base_dir).toBe(join(folder, 'worker'));
});

test.each([
  ['a file', MODULE, './tool.mjs'],
  ['a command', MCP, 'its MCP server'],
])('%s that the agents of this worker do not name is not started', async (_, tool, what) => {
  const other = [
    ['module' in tool ? { module: './other.mjs' } : { mcp: { command: 'node', args: ['other.mjs'] } }],
    [],
  ];
  for (const own of [undefined, ...other.map((tools) => agentOn('worker', tools))]) {
    const { started, refusal } = await open(agentOn('coordinator', [tool]), own);
    expect(started).toBeUndefined();
    expect(refusal).toContain(`starts ${what}, which the agents of this worker (ROWMILL_AGENTS) do not name`);
  }
});

test('a command with another argument, directory or variable is another command', async () => {
  const own = agentOn('worker', [MCP]);
  for (const more of [{ args: ['server.mjs', '--all'] }, { env: { NODE_OPTIONS: '--import=./other.mjs' } }]) {
    const { started, refusal } = await open(agentOn('coordinator', [{ mcp: { ...MCP.mcp, ...more } }]), own);
    expect(started).toBeUndefined();
    expect(refusal).toContain('its MCP server');
  }
});

test('a file of another content than the coordinator’s is not loaded', async () => {
  await writeFile(join(folder, 'worker', 'tool.mjs'), 'export const tool = { idempotent: true };');
  const { started, refusal } = await open(agentOn('coordinator', [MODULE]), agentOn('worker', [MODULE]));
  expect(started).toBeUndefined();
  expect(refusal).toBe('./tool.mjs of counter@v1 has another content on this worker.');
});

test('a worker without the key of the model does not run the agent', async () => {
  const { started, refusal } = await open(agentOn('coordinator', []), undefined, 'ANTHROPIC_API_KEY');
  expect(started).toBeUndefined();
  expect(refusal).toBe('counter@v1 needs ANTHROPIC_API_KEY, which is not set on this worker.');
});

test('an agent that starts nothing runs on a worker whose agents do not name it', async () => {
  expect((await open(agentOn('coordinator', []), undefined)).refusal).toBeUndefined();
});
