import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpClient, openClient, share } from '../http-client.ts';
import { grouped, median, type Part, type Verdict, verdict } from '../part.ts';
import { type ServeProcess, startBare, startServe } from '../serve-process.ts';
import { agentName, agentsPath, writeTable } from '../workload.ts';

const CONCURRENCY = 400;
const CHATS = 200;
const LISTENERS = 500;
const BULK = 10_000;
/** How long an orchestrator of the bench takes to answer: its streams are open all the time. */
const CHAT_MS = 20_000;
/** How long bare handlers are watched. */
const BARE_MS = 8_000;
/** What the heap gets to shrink after the clients left. */
const SETTLE_MS = 10_000;

/** What a batch was like while clients watched it, or without them. */
interface Round {
  cpuUsPerRow: number;
  rowsPerSecond: number;
  healthP99: number;
  /** Listeners that missed a state after they came. */
  missed: number;
  chats: number;
  /** Resident memory of the server a while after the batch. */
  megabytes: number;
}

/** `rowmill serve` with many clients: streams during a batch, and many jobs. */
export const http: Part = async (context) => {
  const { isQuick, folder, server, progress } = context;
  const env = await environment(folder, server.url);
  const serve = await startServe(env);
  const client = openClient(serve.url);
  try {
    const rows = isQuick ? 10_000 : 30_000;
    const csv = await writeTable(folder, rows);
    const run = (clients: boolean) => runBatch({ client, serve, csv, rows, clients });
    progress('http: bare handlers');
    const bare = await watchBare();
    progress('http: warm-up');
    await run(true);
    const [alone, watched]: [Round[], Round[]] = [[], []];
    for (let pair = 0; pair < (isQuick ? 1 : context.pairs); pair += 1) {
      progress(`http: pair ${pair + 1}`);
      alone.push(await run(false));
      watched.push(await run(true));
    }
    progress('http: jobs');
    const jobs = await enqueue({ client, serve, bulks: isQuick ? 2 : 10 });
    return section({ bare, alone, watched, jobs });
  } finally {
    await client.close();
    await serve.stop();
  }
};

/** Settings of the server: the agents of the bench, and an orchestrator that takes its time. */
async function environment(folder: string, url: string): Promise<Record<string, string>> {
  const talk = join(folder, 'orchestrator.script.yaml');
  await writeFile(talk, `latency_ms: ${CHAT_MS}\nrules:\n  - reply: { text: "Yes." }\n`);
  const orchestrator = `  - name: orchestrator\n    version: v1.0\n    model: { provider: scripted, model: ${talk} }\n    instructions: Talk.\n`;
  const agents = join(folder, 'http-agents.yaml');
  await writeFile(agents, `${(await readFile(agentsPath(), 'utf8')).trimEnd()}\n${orchestrator}`);
  return {
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_BASE_URL: `${url}/50/1`,
    ROWMILL_AGENTS: agents,
    ROWMILL_DATA_DIR: join(folder, 'data-http'),
    ROWMILL_FILES: folder,
  };
}

async function runBatch({
  client,
  serve,
  csv,
  rows,
  clients,
}: {
  client: HttpClient;
  serve: ServeProcess;
  csv: string;
  rows: number;
  clients: boolean;
}): Promise<Round> {
  const { batch_id: id } = await client.send<{ batch_id: string }>('POST', '/v1/batches', {
    csv_uri: csv,
    target: { type: 'agent', name: agentName(1) },
    options: { concurrency: CONCURRENCY, mode: 'realtime' },
    accepted_usd: 1_000,
  });
  let going = true;
  let opened = 0;
  let listeners: Promise<string[]>[] = [];
  const chats = clients ? Array.from({ length: CHATS }, () => client.chatWhile(() => going)) : [];
  const count = clients ? LISTENERS : 1;
  const allOpen = new Promise<void>((resolve) => {
    const onOpen = () => (++opened === count ? resolve() : undefined);
    listeners = Array.from({ length: count }, () => client.statesOf(id, onOpen));
  });
  await allOpen;
  const times = client.timeHealth(() => going);
  // From here on every client is connected: opening a connection is no part of the time of a row.
  const [before, cpu, began] = [await settledRows(client, id), serve.cpuSeconds(), performance.now()];
  const seen = await Promise.all(listeners);
  const [spent, seconds] = [serve.cpuSeconds() - cpu, (performance.now() - began) / 1_000];
  going = false;
  const answered = await Promise.all(chats);
  const healthP99 = share(await times, 0.99);
  await sleep(SETTLE_MS);
  return {
    cpuUsPerRow: (spent * 1e6) / (rows - before),
    rowsPerSecond: (rows - before) / seconds,
    healthP99,
    missed: seen.filter((states) => !isEndOf(seen, states)).length,
    chats: answered.reduce((sum, turns) => sum + turns, 0),
    megabytes: serve.residentMegabytes(),
  };
}

/** Rows of a batch that have ended. */
async function settledRows(client: HttpClient, id: string): Promise<number> {
  const { counts } = await client.send<{ counts: { succeeded: number; failed: number } }>('GET', `/v1/batches/${id}`);
  return counts.succeeded + counts.failed;
}

/** Whether a listener saw every state from its first one on. */
function isEndOf(all: string[][], states: string[]): boolean {
  const longest = all.reduce((most, other) => (other.length > most.length ? other : most), []);
  return states.length > 0 && states.join() === longest.slice(-states.length).join();
}

/** The p99 of `/healthz` in milliseconds beside the same streams of bare handlers, which do nothing else. */
async function watchBare(): Promise<number> {
  const bare = await startBare();
  const client = openClient(bare.url);
  try {
    let going = true;
    const streams = [
      ...Array.from({ length: LISTENERS }, () => client.statesOf('bat_bare', () => undefined)),
      ...Array.from({ length: CHATS }, () => client.chatWhile(() => going)),
    ];
    for (const stream of streams) stream.catch(() => undefined);
    const times = client.timeHealth(() => going);
    await sleep(BARE_MS);
    going = false;
    return share(await times, 0.99);
  } finally {
    await client.close();
    await bare.stop();
  }
}

interface JobFigures {
  bulkSeconds: number;
  waiting: number;
  megabytes: number;
}

/** Enqueues jobs 10,000 at a time; the memory is that of the server after all of them. */
async function enqueue({
  client,
  serve,
  bulks,
}: {
  client: HttpClient;
  serve: ServeProcess;
  bulks: number;
}): Promise<JobFigures> {
  const jobs = Array.from({ length: BULK }, (_, index) => ({
    ...{ agent: agentName(1), priority: 1 + (index % 10) },
    input: { address: `${index} High Street`, postcode: 'AB1 2CD' },
  }));
  const before = serve.residentMegabytes();
  const times: number[] = [];
  for (let bulk = 0; bulk < bulks; bulk += 1) {
    const began = performance.now();
    await client.send('POST', '/v1/jobs/bulk', { jobs });
    times.push((performance.now() - began) / 1_000);
  }
  await sleep(5_000);
  return {
    bulkSeconds: median(times),
    waiting: bulks * BULK,
    megabytes: Math.max(0, serve.residentMegabytes() - before),
  };
}

function section({ bare, alone, watched, jobs }: { bare: number; alone: Round[]; watched: Round[]; jobs: JobFigures }) {
  const middle = (rounds: Round[], figure: keyof Round) => median(rounds.map((round) => round[figure]));
  const ratio = (figure: keyof Round) =>
    median(watched.map((round, pair) => round[figure] / (alone[pair]?.[figure] ?? Number.NaN)));
  const verdicts: Verdict[] = [
    verdict('processor time a row, against that without clients', ratio('cpuUsPerRow'), { most: 1.1 }),
    verdict('`/healthz` p99 with clients', middle(watched, 'healthP99'), { most: 100, unit: ' ms' }),
    verdict('listeners that missed a state', Math.max(...watched.map(({ missed }) => missed)), { most: 0 }),
    verdict('memory after they left, against before', ratio('megabytes'), { most: 1.1 }),
    verdict(`${grouped(BULK)} jobs by bulk`, jobs.bulkSeconds, { most: 2, unit: ' s' }),
    verdict(`memory of ${grouped(jobs.waiting)} waiting jobs`, jobs.megabytes, { most: 50, unit: ' MB' }),
  ];
  const line = (name: string, rounds: Round[]) => [
    ...[name, grouped(middle(rounds, 'rowsPerSecond')), `${middle(rounds, 'cpuUsPerRow').toFixed(0)} µs`],
    ...[`${middle(rounds, 'healthP99').toFixed(1)} ms`, grouped(middle(rounds, 'chats'))],
  ];
  return {
    title: 'Many clients',
    about: `\`rowmill serve\` runs a batch, ${CONCURRENCY} rows at once, alone and with ${LISTENERS} listeners of its events and ${CHATS} open chat streams, in turn; from the time when all are connected. Beside it bare hono handlers with the same streams, four events a second each, and no batch. Then jobs are enqueued, ${grouped(BULK)} in a request.`,
    header: ['clients', 'rows/s', 'processor time a row', '`/healthz` p99', 'chat turns'],
    rows: [
      line('one listener', alone),
      line(`${LISTENERS} listeners, ${CHATS} chats`, watched),
      ['the same, bare handlers', '', '', `${bare.toFixed(1)} ms`, ''],
    ],
    verdicts,
  };
}
