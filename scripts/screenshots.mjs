// Takes pictures of the workbench over sample data.
//   npm run screenshots                                   those of the guides, into docs/screenshots
//   npm run screenshots -- --out /tmp/look batches        at three widths, in both themes; only names that begin so
//   npm run screenshots -- --out /tmp/look /settings      any address; {completed}, {running}, {paused} are batches, {draft} a draft, {chat} a chat
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import build from '../test/web/support/build.ts';
import { fillSample } from '../test/web/support/sample.ts';
import { sampleWorkers } from '../test/web/support/sample-workers.ts';
import { addressOf, SCREENS } from '../test/web/support/screens.ts';
import { startService } from '../test/web/support/service.ts';

/** For so long a page asks the server for nothing before its picture is taken: previews follow after 600 ms. */
const QUIET_MS = 1_500;
const QUALITY = 90;
const WIDTHS = { 1440: 900, 1024: 768, 390: 844 };

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    widths: { type: 'string' },
    themes: { type: 'string' },
    empty: { type: 'boolean', default: false },
  },
});

const isForGuides = values.out === undefined;
const out = values.out ?? resolve(root, 'docs', 'screenshots');
const widths = values.widths ?? (isForGuides ? '1440' : Object.keys(WIDTHS).join(','));
const themes = values.themes ?? (isForGuides ? 'light' : 'light,dark');

build();
// A limit that the sample is over, so that there is an alert.
const service = await startService({ environment: { ROWMILL_ALERTS: 'day-spending=0.01' } });
const browser = await chromium.launch({
  executablePath: process.env.ROWMILL_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const sample = values.empty ? {} : await fillSample(service);
  if (!values.empty) await untilAlerts(2);
  mkdirSync(out, { recursive: true });
  for (const theme of themes.split(',')) {
    for (const width of widths.split(',')) await takeAll({ sample, theme, width: Number(width) });
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
  // Where this checkout is says nothing to a reader.
  await page.route(/\/v1\/(agents|settings)/, async (route) => {
    try {
      const response = await route.fetch();
      const text = (await response.text()).replaceAll(root, '/srv/rowmill/');
      const isOfFleet = new URL(page.url()).pathname === '/workers';
      await route.fulfill({ response, body: isOfFleet ? text.replace('"fleet":false', '"fleet":true') : text });
    } catch {
      // The page has gone on to the next address.
    }
  });
  // The service has no Redis: its fleet is made up, and in view on its own page alone.
  await page.route('**/v1/workers', (route) => route.fulfill({ json: { items: sampleWorkers() } }));
  const isQuiet = watchRequests(page);
  const session = await page.context().newCDPSession(page);
  for (const [name, address] of chosen()) {
    await page.goto(service.url + addressOf(address, sample));
    // Live pages keep a stream open, so the network is never idle: the fonts and the placeholders say when it is ready.
    await page.evaluate(() => document.fonts.ready);
    await page.waitForFunction(() => document.querySelector('h1') !== null);
    await page.waitForFunction(() => document.querySelector('[role="status"][aria-label="Loading"]') === null);
    while (!isQuiet()) await setTimeout(100);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
    const bytes = Buffer.from(data, 'base64');
    const path = resolve(out, isForGuides ? `${name}.webp` : `${name}-${width}-${theme}.webp`);
    writeFileSync(path, bytes);
    console.log(`${path} ${Math.round(bytes.length / 1000)} kB`);
  }
  await page.close();
}

/** Whether the page has asked for nothing for a while. Streams stay open, so they do not count. */
function watchRequests(page) {
  const open = new Set();
  // What the page before has asked for is dropped with it.
  page.on('framenavigated', () => open.clear());
  let last = performance.now();
  const end = (request) => {
    if (open.delete(request)) last = performance.now();
  };
  page.on('request', (request) => {
    if (!/\/(events|stream)\b/.test(request.url())) open.add(request);
    last = performance.now();
  });
  page.on('requestfinished', end);
  page.on('requestfailed', end);
  return () => open.size === 0 && performance.now() - last > QUIET_MS;
}

/** The rules are compared twice a minute. */
async function untilAlerts(count) {
  for (;;) {
    const { items } = await service.send('GET', '/v1/alerts');
    if (items.length >= count) return;
    await setTimeout(1_000);
  }
}

function chosen() {
  const addresses = positionals.filter((given) => given.startsWith('/'));
  if (addresses.length > 0)
    return addresses.map((address) => [address.slice(1).replace(/\W+/g, '-') || 'home', address]);
  const named = Object.entries(SCREENS);
  if (positionals.length === 0) return named;
  return named.filter(([name]) => positionals.some((given) => name.startsWith(given)));
}
