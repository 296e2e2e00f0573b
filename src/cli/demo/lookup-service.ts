import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';

/** Delay of each answer, so that the demo's progress can be seen. */
const LATENCY_MS = 120;

const premises = z.array(
  z.strictObject({
    postcode: z.string(),
    address: z.string(),
    exchange_station: z.string().nullable(),
    download_speed: z.number().nullable(),
    upload_speed: z.number().nullable(),
  }),
);

type Premise = z.infer<typeof premises>[number];

/** A lookup service on the loopback interface. */
export interface LookupService {
  url: string;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the demo's stand-in for a broadband register: `GET /lookup?address=…&postcode=…` answers from a bundled file
 * of invented addresses; an address that is not in it, or has no broadband on record, is a 404.
 */
export async function startLookupService(datasetPath: string): Promise<LookupService> {
  const known = new Map(
    premises
      .parse(JSON.parse(await readFile(datasetPath, 'utf8')))
      .map((premise) => [keyOf(premise.postcode), premise]),
  );
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' || url.pathname !== '/lookup') {
      reply(response, 404, { error: 'There is only GET /lookup?address=…&postcode=….' });
      return;
    }
    const premise = known.get(keyOf(url.searchParams.get('postcode') ?? ''));
    sleep(LATENCY_MS).then(
      () => answer(response, premise),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, premise: Premise | undefined): void {
  if (premise === undefined || premise.exchange_station === null) {
    reply(response, 404, { error: 'No premises on record at this address.' });
    return;
  }
  const { exchange_station, download_speed, upload_speed, postcode } = premise;
  const screenshot_url = `https://broadband.example/screenshots/${keyOf(postcode)}.png`;
  reply(response, 200, { exchange_station, download_speed, upload_speed, screenshot_url });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function keyOf(postcode: string): string {
  return postcode.replaceAll(/\s/g, '').toUpperCase();
}
