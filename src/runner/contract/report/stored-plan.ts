import * as z from 'zod';
import type { AgentDefinition } from '../../../agent/definition.ts';
import type { ToolSpec } from '../../../protocol/messages.ts';
import type { StoredType } from '../../../tables/cell.ts';
import { createdBy } from '../caller.ts';
import type { InputMapping } from '../request/mapping.ts';
import type { ReadingOptions } from '../request/reading.ts';
import type { BatchRequest } from '../request/request.ts';
import type { Estimate } from './estimate.ts';

/** A document inside the plan. Only the runner writes it, perhaps in an older version, so it is not validated again. */
const kept = <Document>() => z.custom<Document>((value) => typeof value === 'object' && value !== null);

/**
 * The document in `BatchRecord.plan`. Plans of older versions parse too: missing fields get a default here.
 */
export const storedPlan = z.object({
  request: kept<BatchRequest>(),
  /** The original request, present once a resume has changed its options. An idempotency key refers to this request. */
  asked: kept<BatchRequest>().exactOptional(),
  /**
   * Folders that the process which created the batch may access. Every process that drives the batch is limited to
   * them.
   */
  fileRoots: z.array(z.string()).readonly(),
  agent: kept<AgentDefinition>(),
  toolSpecs: kept<ToolSpec[]>().nullable(),
  inputMapping: kept<InputMapping>(),
  /** How the source was read when the batch was planned; missing in plans of versions that did not store it. */
  reading: kept<ReadingOptions>().exactOptional(),
  /** The column types of the source, where its format has types; known once it is loaded. */
  columnTypes: kept<StoredType[]>().exactOptional(),
  /** The source's files in order, with their numbers of rows, where there are several; known once they are loaded. */
  parts: kept<{ name: string; rows: number }[]>().exactOptional(),
  /** The number of rows that keep an answer of an earlier batch; known once the table is loaded. */
  keptRows: z.number().exactOptional(),
  outputUri: z.string(),
  estimate: kept<Estimate>().nullable(),
  warnings: z.array(z.string()),
  standIn: z.string().nullable(),
  /** null in plans of versions that did not store it. */
  createdBy: createdBy.nullable().default(null),
});

export type StoredPlan = z.infer<typeof storedPlan>;
