import type { Page } from '@playwright/test';
import { addRows } from '../../test/support/add-rows.ts';
import type { Service } from '../../test/web/support/service.ts';
import { agentName } from '../workload.ts';

const HEADER = 'address,postcode';
const TARGET = { type: 'agent', name: agentName(1) };

/** Makes a batch of many rows that is paused after its first; gives its id. */
export async function pausedBatch(service: Service, rows: number): Promise<string> {
  const table = `${HEADER}\n1 High Street,AB1 2CD\n2 High Street,AB1 2CD\n`;
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=addresses.csv', table);
  const { batch_id: id } = await service.send<{ batch_id: string }>('POST', '/v1/batches', {
    ...{ csv_uri: uri, target: TARGET, accepted_usd: 1_000, name: 'A million addresses' },
    options: { mode: 'realtime', sample: 1, concurrency: 40 },
  });
  while ((await statusOf(service, id)) !== 'paused') await new Promise((resolve) => setTimeout(resolve, 100));
  await service.kill();
  addRows({ dataDir: service.dataDir, batchId: id, rows });
  await service.start();
  return id;
}

async function statusOf(service: Service, id: string): Promise<string> {
  return (await service.send<{ status: string }>('GET', `/v1/batches/${id}`)).status;
}

/** Makes a draft of a table with a question; gives its id. */
export async function openDraft(service: Service): Promise<string> {
  const table = `${HEADER}\n${Array.from({ length: 500 }, (_, row) => `${row} High Street,AB1 2CD`).join('\n')}\n`;
  const { uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=addresses.csv', table);
  const request = {
    csv_uri: uri,
    target: {
      type: 'inline',
      model: 'anthropic/claude-haiku-5-5',
      prompt: 'Who serves {{address}} in {{postcode}}?',
      fields: [{ name: 'provider', type: 'string' }],
    },
  };
  return (await service.send<{ draft_id: string }>('POST', '/v1/drafts', { request })).draft_id;
}

/** Makes a file in the page; gives the function that drops it there. */
export async function makeFile(page: Page, megabytes: number): Promise<() => Promise<void>> {
  const data = await page.evaluateHandle(`bench.fileOf('${HEADER}', ${megabytes})`);
  return () => page.getByText('Drop a table here').dispatchEvent('drop', { dataTransfer: data });
}
