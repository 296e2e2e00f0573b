import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runClient } from '../measure.ts';
import { grouped, type Part, type Verdict, verdict } from '../part.ts';
import { writeTable } from '../workload.ts';

/** The first wave of batches through a batch API: how fast provider jobs are built and uploaded, and the memory needed. */
export const wave: Part = async ({ isQuick, folder, progress }) => {
  const small = isQuick ? 30_000 : 100_000;
  const child = spawn(process.execPath, [fileURLToPath(new URL('../batch-server.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  const rows: string[][] = [];
  const run = async (provider: string, size: number) => {
    progress(`wave: ${grouped(size)} rows to ${provider}`);
    const csv = await writeTable(folder, size);
    const found = await runClient('clients/wave.ts', [url, folder, csv, size, provider]);
    const { seconds, cpuSeconds, peakMegabytes, jobs = 0 } = found;
    const cpu = grouped((cpuSeconds / size) * 1e6);
    rows.push([provider, grouped(size), grouped(jobs), grouped(size / seconds), cpu, `${peakMegabytes} MB`]);
    return { rate: size / seconds, peakMegabytes };
  };
  const verdicts: Verdict[] = [];
  try {
    for (const provider of ['anthropic', 'openai']) {
      const { rate } = await run(provider, small);
      verdicts.push(verdict(`rows/s into a wave, ${provider}`, rate, { least: 20_000 }));
      if (provider !== 'anthropic') continue;
      const base = await run(provider, small);
      const large = await run(provider, small * 4);
      const growth = large.peakMegabytes / base.peakMegabytes;
      verdicts.push(
        verdict(`peak at ${grouped(small * 4)} rows over that at ${grouped(small)}`, growth, { most: 1.25 }),
      );
    }
  } finally {
    child.kill();
  }
  return {
    title: 'Into a batch API',
    about:
      'From the moment the rows are loaded until the last provider job of the first wave exists: inputs made, lines built, split into ' +
      'jobs, every row and call committed to the store, uploaded to a server on this machine that discards them. Peak ' +
      'memory is that of the whole process, upload included.',
    header: ['provider', 'rows', 'provider jobs', 'rows/s', 'µs a row', 'peak memory'],
    rows,
    verdicts,
  };
};
