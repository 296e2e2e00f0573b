import { createRoute, z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { strict } from '../../../base/schema/strict-object.ts';
import { EXPORT_COLUMNS, exportQuery } from '../../../runner/contract/request/export.ts';
import { METADATA_COLUMNS } from '../../../runner/contract/request/mapping.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { batchPath } from './batch-path.ts';

const tags = ['rows'];

/** A list in a query: one text with commas, or the same name several times. */
const list = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (Array.isArray(given) ? given : given.split(',')))
  .openapi({ type: 'array', items: { type: 'string' } });

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  tsv: 'text/tab-separated-values; charset=utf-8',
  jsonl: 'application/x-ndjson',
  json: 'application/json',
  parquet: 'application/vnd.apache.parquet',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;
/** The type of a file that is compressed as a whole. */
const COMPRESSED = 'application/octet-stream';
const file = z.string().openapi({ format: 'binary' });

const exportedColumns = z
  .object({
    columns: z.array(z.string()).openapi({ description: 'The columns of the output table.' }),
    metadata: z
      .array(z.enum([...EXPORT_COLUMNS, ...METADATA_COLUMNS]))
      .openapi({ description: 'Columns about each row, which an export may add.' }),
  })
  .openapi('ExportColumns');

/** Exports of a batch's rows, and the columns that they can choose. */
export function addExportRoutes({ app }: HttpFace, { runnerOf }: StartParts): void {
  const columns = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/export/columns',
    operationId: 'listExportColumns',
    tags,
    summary: 'List the columns that an export can choose',
    middleware: callerNeeds('read'),
    request: { params: batchPath },
    responses: {
      200: {
        description: 'Columns of the output table in its order, and columns about each row.',
        content: { 'application/json': { schema: exportedColumns } },
      },
      ...FAULTS,
    },
  });
  app.openapi(columns, async (c) => {
    const names = await runnerOf(c.get('caller')).exportColumns(c.req.valid('param').id);
    return c.json({ columns: names, metadata: [...EXPORT_COLUMNS, ...METADATA_COLUMNS] }, 200);
  });

  const exported = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/export',
    operationId: 'exportRows',
    tags,
    summary: 'Download rows in a format',
    description: 'The results so far, streamed. A transfer that breaks off is not complete.',
    middleware: callerNeeds('read'),
    request: {
      params: batchPath,
      query: strict({
        ...exportQuery.shape,
        columns: list.optional(),
        metadata: list.pipe(z.array(z.enum([...EXPORT_COLUMNS, ...METADATA_COLUMNS]))).optional(),
        spreadsheet_safe: z.enum(['true', 'false']).optional(),
        bom: z.enum(['true', 'false']).optional(),
      }),
    },
    responses: {
      200: {
        description: 'The file.',
        content: Object.fromEntries([...Object.values(TYPES), COMPRESSED].map((type) => [type, { schema: file }])),
      },
      ...FAULTS,
    },
  });
  app.openapi(exported, async (c) => {
    const { spreadsheet_safe: isSafe, bom, metadata = [], ...query } = c.req.valid('query');
    const { fileName, bytes } = await runnerOf(c.get('caller')).export(c.req.valid('param').id, {
      ...query,
      metadata,
      ...(isSafe !== undefined && { spreadsheet_safe: isSafe === 'true' }),
      ...(bom !== undefined && { bom: bom === 'true' }),
    });
    c.header('Content-Type', query.compression === 'none' ? TYPES[query.format] : COMPRESSED);
    c.header('Content-Disposition', `attachment; filename="${fileName}"`);
    // A compressing middleware would hold bytes back.
    c.header('Content-Encoding', 'identity');
    return stream(c, async (out) => {
      out.onAbort(() => void bytes.return(undefined));
      for await (const chunk of bytes) await out.write(chunk);
    });
  });
}
