import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts';
import { expect, test } from '../support/fixtures.ts';
import { watchHeap } from '../support/memory.ts';
import type { Schemas, Service } from '../support/service.ts';

const MEGABYTES = 200;
const HEADER = 'ticket,message\n';
const LINE = `T,${'x'.repeat(1021)}\n`;
const LINES_A_MEGABYTE = 1024;

/** The service behind a proxy whose connections the test can reset. The page knows the proxy alone. */
async function behindProxy(service: Service): Promise<CutProxy> {
  const proxy = await startCutProxy(Number(new URL(service.url).port));
  service.url = `http://127.0.0.1:${proxy.port}`;
  return proxy;
}

/** Drops a file on the page that the page makes itself, of parts that are one and the same megabyte. */
async function dropLarge(page: Page): Promise<void> {
  const data = await page.evaluateHandle(
    ([header, line, lines, megabytes]) => {
      const part = new Blob([line.repeat(lines)]);
      const transfer = new DataTransfer();
      transfer.items.add(new File([header, ...Array.from({ length: megabytes }, () => part)], 'large.csv'));
      return transfer;
    },
    [HEADER, LINE, LINES_A_MEGABYTE, MEGABYTES] as const,
  );
  await page.getByText('Drop a table here').dispatchEvent('drop', { dataTransfer: data });
  await data.dispose();
}

/** What the server has to have in the end. */
function digest(): string {
  const hash = createHash('sha256').update(HEADER);
  const part = LINE.repeat(LINES_A_MEGABYTE);
  for (let megabyte = 0; megabyte < MEGABYTES; megabyte += 1) hash.update(part);
  return hash.digest('hex');
}

const uploadOf = async (service: Service) =>
  (await service.send<{ items: Schemas['Upload'][] }>('GET', '/v1/uploads')).items.find(
    ({ name, bytes }) => name === 'large.csv' && (bytes ?? 0) > 2_000_000,
  );

test(`an upload of ${MEGABYTES} MB survives a dropped connection, in little memory of the page and the server`, async ({
  page,
  service,
}) => {
  test.slow();
  const proxy = await behindProxy(service);
  const heap = await watchHeap(page);
  await page.goto(`${service.url}/new`);
  await expect(page.getByText('Drop a table here')).toBeVisible();
  const [heapBefore, serverBefore] = [await heap(), service.peakMegabytes()];
  let heapMost = heapBefore;
  await dropLarge(page);
  const arrived = async () => {
    heapMost = Math.max(heapMost, await heap());
    return (await uploadOf(service))?.offset ?? 0;
  };
  await expect.poll(arrived, { timeout: 120_000, intervals: [50] }).toBeGreaterThan(MEGABYTES * 0.4 * 2 ** 20);
  proxy.reset();
  const progress = page.getByRole('region', { name: /large\.csv/ });
  await expect(progress.getByText('The connection broke.')).toBeVisible();
  await expect(page.getByText('Reconnecting to the server.')).toBeVisible();
  proxy.heal();
  await expect(progress.getByText('The connection broke.')).toHaveCount(0);
  const rows = (MEGABYTES * LINES_A_MEGABYTE).toLocaleString('en-US');
  await expect(page.getByText(`First 20 of ${rows} rows, counted to the end of the file.`)).toBeVisible({
    timeout: 300_000,
  });
  const upload = await uploadOf(service);
  expect(upload).toMatchObject({ status: 'complete', sha256: digest() });
  const [pageGrew, serverGrew] = [heapMost - heapBefore, service.peakMegabytes() - serverBefore];
  test.info().annotations.push({ type: 'MB', description: `page ${pageGrew}, server ${serverGrew}` });
  expect(pageGrew, 'MB that the page grew by').toBeLessThan(50);
  expect(serverGrew, 'MB that the server grew by').toBeLessThan(150);
  proxy.close();
});
