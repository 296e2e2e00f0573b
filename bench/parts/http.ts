import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpClient, openClient, share } from '../http-client.ts';
import { grouped, median, type Part, type Verdict, verdict } from '../part.ts';
import { type ServeProcess, startServe } from '../serve-process.ts';
import { agentName, agentsPath, writeTable } from '../workload.ts';

const CONCURRENCY = 400;
const CHATS = 200;
const LISTENERS = 500;
const BULK = 10_000;
/** How long an orchestrator of the bench takes to answer: its streams are open all the time. */
const CHAT_MS = 20_000;

/** What a batch was like while clients watched it, or without them. */
interface Round {
  cpuUsPerRow: number;
  rowsPerSecond: number;
  healthP99: number;
  /** Listeners that missed a state which another one saw, or the end. */
  missed: number;
  chats: number;
}

/** `rowmill serve` with many clients: streams during a batch, and many jobs. */
export const http: Part = async (context) => {
  const { isQuick, folder, server, progress } = context;
  const env = await environment(folder, server.url);
  const serve = await startServe(env);
  const client = openClient(serve.url);
  try {
    const csv = await writeTable(folder, isQuick ? 5_000 : 30_000);
    const run = (clients: boolean) => runBatch({ client, serve, csv, rows: isQuick ? 5_000 : 30_000, clients });
    progress('http: warm-up');
    await run(false);
    await sleep(5_000);
    const before = serve.residentMegabytes();
    const [alone, watched]: Round[][] = [[], []];
    for (let pair = 0; pair < (isQuick ? 1 : context.pairs); pair += 1) {
      progress(`http: pair ${pair + 1}`);
      alone?.push(await run(false));
      watched?.push(await run(true));
    }
    await sleep(10_000);
    const after = serve.residentMegabytes();
    progress('http: jobs');
    const jobs = await enqueue({ client, serve, bulks: isQuick ? 2 : 10 });
    return section({ alone: alone ?? [], watched: watched ?? [], before, after, jobs });
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
  const began = performance.now();
  const cpu = serve.cpuSeconds();
  const { batch_id: id } = await client.send<{ batch_id: string }>('POST', '/v1/batches', {
    csv_uri: csv,
    target: { type: 'agent', name: agentName(1) },
    options: { concurrency: CONCURRENCY, mode: 'realtime' },
    accepted_usd: 1_000,
  });
  let going = true;
  const times = client.timeHealth(() => going);
  const listeners = clients ? Array.from({ length: LISTENERS }, () => client.statesOf(id)) : [client.statesOf(id)];
  const chats = clients ? Array.from({ length: CHATS }, () => client.chatWhile(() => going)) : [];
  const seen = await Promise.all(listeners);
  const seconds = (performance.now() - began) / 1_000;
  const spent = serve.cpuSeconds() - cpu;
  going = false;
  const answered = await Promise.all(chats);
  const states = new Set(seen.flat());
  return {
    cpuUsPerRow: (spent * 1e6) / rows,
    rowsPerSecond: rows / seconds,
    healthP99: share(await times, 0.99),
    missed: seen.filter((one) => [...states].some((state) => !one.includes(state))).length,
    chats: answered.reduce((sum, count) => sum + count, 0),
  };
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

function section({
  alone,
  watched,
  before,
  after,
  jobs,
}: {
  alone: Round[];
  watched: Round[];
  before: number;
  after: number;
  jobs: JobFigures;
}) {
  const middle = (rounds: Round[], figure: keyof Round) => median(rounds.map((round) => round[figure]));
  const ratio = median(watched.map((round, pair) => round.cpuUsPerRow / (alone[pair]?.cpuUsPerRow ?? Number.NaN)));
  const verdicts: Verdict[] = [
    verdict('processor time a row, against that without clients', ratio, { most: 1.1 }),
    verdict('`/healthz` p99 with clients', middle(watched, 'healthP99'), { most: 100, unit: ' ms' }),
    verdict('listeners that missed a state', Math.max(...watched.map(({ missed }) => missed)), { most: 0 }),
    verdict('memory after they left, against before', after / before, { most: 1.1 }),
    verdict(`${grouped(BULK)} jobs by bulk`, jobs.bulkSeconds, { most: 2, unit: ' s' }),
    verdict(`memory of ${grouped(jobs.waiting)} waiting jobs`, jobs.megabytes, { most: 50, unit: ' MB' }),
  ];
  const line = (name: string, rounds: Round[]) => [
    ...[name, grouped(middle(rounds, 'rowsPerSecond')), `${middle(rounds, 'cpuUsPerRow').toFixed(0)} µs`],
    ...[`${middle(rounds, 'healthP99').toFixed(1)} ms`, grouped(middle(rounds, 'chats'))],
  ];
  return {
    title: 'Many clients',
    about: `\`rowmill serve\` runs a batch, ${CONCURRENCY} rows at once, alone and with ${LISTENERS} listeners of its events and ${CHATS} open chat streams, in turn. Then jobs are enqueued, ${grouped(BULK)} in a request.`,
    header: ['clients', 'rows/s', 'processor time a row', '`/healthz` p99', 'chat turns'],
    rows: [line('one listener', alone), line(`${LISTENERS} listeners, ${CHATS} chats`, watched)],
    verdicts,
  };
}
