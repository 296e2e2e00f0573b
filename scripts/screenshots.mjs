// Takes pictures of the workbench over sample data: at three widths, in both themes, into docs/screenshots.
//   npm run screenshots                                   every picture of the list
//   npm run screenshots -- --out /tmp/look batches        only pictures whose name begins so
//   npm run screenshots -- --out /tmp/look /settings      any address; {completed}, {running}, {paused} are batches, {draft} a draft, {chat} a chat
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import buildPage from '../test/web/support/build-page.ts';
import { fillSample } from '../test/web/support/sample.ts';
import { startService } from '../test/web/support/service.ts';

/** Each screen by the name of its picture. */
const SCREENS = {
  batches: '/batches',
  rows: '/batches/{completed}/rows',
  row: '/batches/{completed}/rows?row=1',
  flow: '/batches/{completed}/flow',
  chat: '/batches/{completed}/rows?chat={chat}',
  'wizard-new': '/new',
  'wizard-data': '/new/{draft}/data',
  'wizard-columns': '/new/{draft}/columns',
  'wizard-prompt': '/new/{draft}/prompt?row=2',
  'wizard-schema': '/new/{draft}/schema',
  'wizard-review': '/new/{draft}/review',
  queues: '/queues',
  monitor: '/monitor?range=1h',
  schedules: '/schedules',
  schedule: '/schedules/returns',
  alerts: '/alerts',
  'alert-rules': '/alerts?tab=rules',
  agents: '/agents',
  agent: '/agents/query-classifier',
  settings: '/settings',
};
const WIDTHS = { 1440: 900, 1024: 768, 390: 844 };

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: resolve(root, 'docs', 'screenshots') },
    widths: { type: 'string', default: Object.keys(WIDTHS).join(',') },
    themes: { type: 'string', default: 'light,dark' },
    empty: { type: 'boolean', default: false },
  },
});

buildPage();
const service = await startService();
const browser = await chromium.launch({
  executablePath: process.env.ROWMILL_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const sample = values.empty ? {} : await fillSample(service);
  mkdirSync(values.out, { recursive: true });
  for (const theme of values.themes.split(',')) {
    for (const width of values.widths.split(',')) await takeAll({ sample, theme, width: Number(width) });
  }
} finally {
  await browser.close();
  await service.close();
}

async function takeAll({ sample, theme, width }) {
  const page = await browser.newPage({
    viewport: { width, height: WIDTHS[width] ?? 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  });
  page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  page.on('pageerror', (error) => console.error(error));
  for (const [name, address] of chosen()) {
    await page.goto(service.url + address.replace(/\{(\w+)\}/g, (_, batch) => sample[batch] ?? batch));
    // Live pages keep a stream open, so the network is never idle: the fonts and the placeholders say when it is ready.
    await page.evaluate(() => document.fonts.ready);
    await page.waitForFunction(() => document.querySelector('h1') !== null);
    await page.waitForFunction(() => document.querySelector('[role="status"][aria-label="Loading"]') === null);
    const path = resolve(values.out, `${name}-${width}-${theme}.png`);
    await page.screenshot({ path });
    console.log(path);
  }
  await page.close();
}

function chosen() {
  const addresses = positionals.filter((given) => given.startsWith('/'));
  if (addresses.length > 0)
    return addresses.map((address) => [address.slice(1).replace(/\W+/g, '-') || 'home', address]);
  const named = Object.entries(SCREENS);
  if (positionals.length === 0) return named;
  return named.filter(([name]) => positionals.some((given) => name.startsWith(given)));
}
