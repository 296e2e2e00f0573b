import { loadavg } from 'node:os';
import { type Browser, chromium } from '@playwright/test';
import build from '../../test/web/support/build.ts';
import { startService } from '../../test/web/support/service.ts';
import { grouped, median, type Part, type Section, type Verdict, verdict } from '../part.ts';
import { type FirstPaints, timeFirstPaints } from '../web/first-paint.ts';
import type { Frames } from '../web/frames.ts';
import { type Interactions, timeInteractions } from '../web/interactions.ts';
import { type Scrolled, scrollMillion, uploadLarge } from '../web/scenes.ts';
import { pausedBatch } from '../web/workbench.ts';
import { agentsPath } from '../workload.ts';

/** What one run of this part found. */
interface Found {
  rows: number;
  megabytes: number;
  paints: FirstPaints;
  interactions: Interactions;
  scrolled: Scrolled;
  uploaded: Frames;
  /** Processes that wanted to run, over the last minute, before the frames. */
  load: number;
}

/** The workbench in Debian's Chromium: paints, interactions, and frames while it has much to do. */
export const web: Part = async ({ isQuick, pairs, server, progress }) => {
  build();
  const environment = { ANTHROPIC_BASE_URL: `${server.url}/50/1`, ROWMILL_AGENTS: agentsPath() };
  const service = await startService({ environment });
  const browser = await launch();
  const [rows, megabytes, seconds] = isQuick ? [100_000, 50, 4] : [1_000_000, 200, 8];
  try {
    progress('web: a batch of many rows');
    const batch = await pausedBatch(service, rows);
    progress('web: first paints');
    const paints = await timeFirstPaints(browser, `${service.url}/batches`, pairs);
    progress('web: interactions');
    const interactions = await timeInteractions(browser, { service, batch, rounds: pairs });
    progress('web: frames');
    const load = loadavg()[0] ?? Number.NaN;
    const scrolled = await scrollMillion(browser, { service, batch, seconds, rounds: isQuick ? 1 : 3 });
    const uploaded = await uploadLarge(browser, { service, megabytes, rounds: pairs });
    return section({ rows, megabytes, paints, interactions, scrolled, uploaded, load });
  } finally {
    await browser.close();
    await service.close();
  }
};

function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['ROWMILL_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
}

function section({ rows, megabytes, paints, interactions, scrolled, uploaded, load }: Found): Section {
  const all = [...interactions.values()].flat();
  const ms = (value: number) => `${Math.round(value)} ms`;
  const frames = (name: string, { perSecond, longestMs }: Frames) => [
    ...[name, `${perSecond.toFixed(1)} frames/s`, `longest ${ms(longestMs)}`],
  ];
  const verdicts: Verdict[] = [
    verdict('first contentful paint, cold', median(paints.cold), { most: 1_000, unit: ' ms' }),
    verdict('first contentful paint, warm', median(paints.warm), { most: 500, unit: ' ms' }),
    verdict('interactions, p75', share(all, 0.75), { most: 200, unit: ' ms' }),
    verdict(`scrolling ${grouped(rows)} rows that change`, scrolled.grid.perSecond, { least: 50, unit: ' frames/s' }),
    verdict('the same, against an empty page', scrolled.grid.perSecond / scrolled.empty.perSecond, { least: 0.9 }),
    verdict(`while ${megabytes} MB are sent`, uploaded.perSecond, { least: 50, unit: ' frames/s' }),
  ];
  return {
    title: 'The workbench in the browser',
    about: `Chromium without a window, 1440 × 900, which draws without a graphics card, on the machine that also runs the server, a batch of ${grouped(rows)} rows and the model (load ${load.toFixed(1)} before the frames). A paint is that of \`/batches\`, with an empty cache and again. The time of an interaction is that of the Event Timing API, from the key or the click to the next paint, in steps of 8 ms; an interaction below 16 ms counts as 8. Frames are those of the page's own thread: while the grid is scrolled by the wheel, up and down, as its batch runs 40 rows at once; of an empty page that is scrolled in the same way; and while the wizard sends a file of ${megabytes} MB.`,
    header: ['what', 'median', 'worst'],
    rows: [
      ['first contentful paint, cold', ms(median(paints.cold)), ms(Math.max(...paints.cold))],
      ['first contentful paint, warm', ms(median(paints.warm)), ms(Math.max(...paints.warm))],
      ...[...interactions].map(([kind, times]) => [
        `${kind} (${times.length})`,
        `${ms(median(times))}, p75 ${ms(share(times, 0.75))}`,
        ms(Math.max(...times)),
      ]),
      frames(`scroll ${grouped(rows)} rows that change`, scrolled.grid),
      frames('scroll an empty page', scrolled.empty),
      frames(`send ${megabytes} MB`, uploaded),
    ],
    verdicts,
  };
}

/** The value below which this share of the values is. */
function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
