import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RowmillProcess } from '../../e2e/rowmill-process.ts';
import { startTestS3, type TestS3 } from '../../support/s3.ts';
import { auditBatch } from '../audit.ts';
import { billFigures, type Scenario } from '../scenario.ts';
import { createWorld } from '../world.ts';

/** Wide cells, so that the table has more than one part of 8 MiB. */
const [ROWS, CELL] = [1_500, 8_000];

/** A process killed in the middle of a multipart upload to S3: its first part is stored, its answer is not delivered. */
export const upload: Scenario = {
  name: 'upload',
  quick: false,
  async run({ seed, violations }) {
    const world = await createWorld({ seed, latencyMs: [0, 5] });
    const s3 = await startTestS3();
    let victim: RowmillProcess | undefined;
    const proxy = await startProxy(s3, () => victim?.child.kill('SIGKILL'));
    try {
      const table = await world.table(ROWS, 'x'.repeat(CELL));
      const uri = `s3://${s3.bucket}/out.csv`;
      const start = [
        ...['run', table.name, '--agent', 'counter', '--out', uri, '--overwrite', '--concurrency', '32', '--json'],
        ...['--idempotency-key', 'upload'],
      ];
      const variables = {
        AWS_ENDPOINT_URL_S3: proxy.url,
        AWS_ACCESS_KEY_ID: 'AKTEST',
        AWS_SECRET_ACCESS_KEY: 'SKTEST',
      };
      const killed = world.start('killed', start, variables);
      victim = killed;
      const { signal } = await killed.ended;
      if (signal !== 'SIGKILL') violations.push(`it was not killed in its upload: ${killed.stderr()}`);
      const visible = await s3.keys();
      if (visible.length > 0) violations.push(`visible before the upload was whole: ${visible.join(', ')}`);
      victim = undefined;
      const before = proxy.parts();
      const { json } = await world.start('resumed', start, variables).ended;
      if (json === undefined) throw new Error('It was not resumed.');
      const output = async () => (await s3.get('out.csv')).toString('utf8');
      const audit = await auditBatch(world, { table, report: json, inFlightAtKills: 0, output, violations });
      return { figures: `killed after the first of ${proxy.parts() - before} parts; ${billFigures(audit)}` };
    } finally {
      await world.close();
      proxy.close();
      await s3.close();
    }
  },
};

/** Hands requests on as they are; `onPart` is called when a part is stored, before that is told. */
async function startProxy({ options }: TestS3, onPart: () => void) {
  let parts = 0;
  const target = new URL(options.endpoint ?? '');
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = httpRequest(
      { hostname: target.hostname, port: target.port, method, path: url, headers },
      (answer) => {
        if (/[?&]partNumber=/.test(url ?? '')) {
          parts += 1;
          onPart();
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    parts: () => parts,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
