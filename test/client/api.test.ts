import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import { httpParts } from '../http/http-parts.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('the types of the client', () => {
  it('are those of the description of this server', async () => {
    const http = createHttpApp(httpParts());
    const { paths, components } = (await (await http.request('/openapi.json')).json()) as Record<string, unknown>;
    const digest = createHash('sha256').update(JSON.stringify({ paths, components })).digest('hex');
    const [head] = readFileSync(join(ROOT, 'src/client/api.ts'), 'utf8').split('\n', 1);
    expect(head, 'run: npm run client:types').toContain(digest);
  });
});
