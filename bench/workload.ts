import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The agents of the bench; the bare loop and the pool send the same prompts. */
const AGENTS = fileURLToPath(new URL('agents.yaml', import.meta.url));

/** One agent of `bench/agents.yaml`, as far as a client that is not Rowmill needs it. */
export interface BenchAgent {
  name: string;
  model: { model: string; max_tokens: number };
  instructions: string;
  structured_output: { schema: { type: 'object'; [key: string]: unknown } };
}

/** The file of agents, for `ROWMILL_AGENTS`. */
export function agentsPath(): string {
  return AGENTS;
}

/** The name of the agent that takes this number of turns for a row. */
export function agentName(turns: number): string {
  return turns === 1 ? 'bench-one-turn' : 'bench-three-turns';
}

/** The agent that takes this number of turns, as written in the file. */
export function readBenchAgent(turns: number): BenchAgent {
  const { agents } = parse(readFileSync(AGENTS, 'utf8'), { merge: true }) as { agents: BenchAgent[] };
  const agent = agents.find(({ name }) => name === agentName(turns));
  if (agent === undefined) throw new Error(`${AGENTS} has no ${agentName(turns)}`);
  return agent;
}

/** One row of the bench's table: six columns, of which the agents read two. */
export interface BenchRow {
  id: number;
  address: string;
  postcode: string;
  city: string;
  ordered_on: string;
  notes: string;
}

const CITIES = ['London', 'Leeds', 'Bristol', 'York', 'Cardiff', 'Belfast', 'Glasgow', 'Bath'];

/** The row with this number; always the same. */
export function benchRow(id: number): BenchRow {
  const mixed = Math.imul(id + 1, 0x9e3779b1) >>> 0;
  return {
    id,
    address: `${(mixed % 180) + 1} High Street`,
    postcode: `AB${(mixed % 90) + 10} ${mixed % 9}CD`,
    city: CITIES[mixed % CITIES.length] ?? '',
    ordered_on: `2026-0${(mixed % 9) + 1}-1${mixed % 9}`,
    notes: `note ${mixed % 500} of the visit, left a card for customer ${id}`,
  };
}

/** Writes a table of N rows into a folder; resolves to its path. */
export async function writeTable(folder: string, rows: number): Promise<string> {
  const file = join(folder, `rows-${rows}.csv`);
  const header = 'id,address,postcode,city,ordered_on,notes\n';
  const out = createWriteStream(file);
  out.write(header);
  for (let first = 0; first < rows; first += 1000) {
    let block = '';
    for (let row = first; row < Math.min(rows, first + 1000); row += 1) {
      const { id, address, postcode, city, ordered_on: date, notes } = benchRow(row);
      block += `${id},${address},${postcode},${city},${date},"${notes}"\n`;
    }
    if (!out.write(block)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return file;
}
