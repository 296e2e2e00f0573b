import * as z from 'zod';
import type { AgentDefinition } from '../../agent/definition.ts';
import type { ToolSpec } from '../../protocol/messages.ts';
import type { StoredType } from '../../tables/cell.ts';
import { createdBy } from './caller.ts';
import type { Estimate } from './estimate.ts';
import type { InputMapping } from './mapping.ts';
import type { BatchRequest } from './request.ts';

/** A document inside the plan. Only the runner writes it, and an older version may have: it is not looked into again. */
const kept = <Document>() => z.custom<Document>((value) => typeof value === 'object' && value !== null);

/**
 * The document behind `BatchRecord.plan`. Plans of older versions parse: what they lack gets a value here.
 */
export const storedPlan = z.object({
  request: kept<BatchRequest>(),
  /** The request as it was first made, once a resume has changed its options: an idempotency key stands for this one. */
  asked: kept<BatchRequest>().exactOptional(),
  /** Folders that the process which made the batch may touch: whoever drives it keeps to them. */
  fileRoots: z.array(z.string()).readonly(),
  agent: kept<AgentDefinition>(),
  toolSpecs: kept<ToolSpec[]>().nullable(),
  inputMapping: kept<InputMapping>(),
  /** How the source's columns are stored there, where its format has types; known once it is loaded. */
  columnTypes: kept<StoredType[]>().exactOptional(),
  /** The source's files in order, with their rows, where there are several; known once they are loaded. */
  parts: kept<{ name: string; rows: number }[]>().exactOptional(),
  outputUri: z.string(),
  estimate: kept<Estimate>().nullable(),
  warnings: z.array(z.string()),
  standIn: z.string().nullable(),
  /** null in plans that were stored before it was kept. */
  createdBy: createdBy.nullable().default(null),
});

export type StoredPlan = z.infer<typeof storedPlan>;
