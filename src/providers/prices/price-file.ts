import { isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { readRegularFile } from '../../base/process/read-regular-file.ts';
import { exampleModel } from '../catalog.ts';
import type { ModelPrices, PriceOverrides, TokenPrices } from './model-prices.ts';

const price = z.number('must be a number of dollars per million tokens').min(0, 'must not be below 0');
const shape = {
  input: price,
  output: price,
  cache_write: price.optional(),
  cache_read: price.optional(),
};
const modelPrices = z.strictObject({
  ...shape,
  long_prompt_tokens: z.int().positive().optional(),
  long_prompt: z.strictObject(shape).optional(),
});
const NAME = /^[a-z0-9-]+\/.+$/;
const priceFile = z.record(
  z.string().regex(NAME, `must be written provider/model, such as ${exampleModel()}`),
  modelPrices.refine(
    (model) => (model.long_prompt === undefined) === (model.long_prompt_tokens === undefined),
    'needs long_prompt and long_prompt_tokens together',
  ),
);

/**
 * Reads a file of prices, YAML or JSON: `provider/model: {input, output, cache_write?, cache_read?, long_prompt_tokens?,
 * long_prompt?}`, in dollars per million tokens. A cache price that is left out is the input price.
 * @throws AppError `config_invalid`, which names the file, the line, the path in it and the fix
 */
export function readPriceFile(path: string): PriceOverrides {
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines });
  const fault = document.errors[0];
  if (fault !== undefined) throw invalid(path, lineOf(fault.pos[0], lines), fault.message.split('\n')[0] ?? '');
  const parsed = priceFile.safeParse(document.toJS() ?? {});
  if (parsed.success) {
    return Object.fromEntries(Object.entries(parsed.data).map(([name, model]) => [name, toModelPrices(model)]));
  }
  const issue = parsed.error.issues[0];
  const at = (issue?.path ?? []).map(String);
  const why = issue?.code === 'invalid_key' ? (issue.issues[0]?.message ?? '') : (issue?.message ?? '');
  const place = at.length === 0 ? 'the file' : at.join(' → ');
  throw invalid(path, lineOfPath(at, document.contents, lines), `${place}: ${why}`);
}

function readText(path: string): string {
  try {
    return readRegularFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('config_invalid', `ROWMILL_PRICES names ${path}, which can't be read: ${why}.`, { cause });
  }
}

function invalid(path: string, line: number | undefined, what: string): AppError {
  const place = line === undefined ? path : `${path}:${line}`;
  return new AppError(
    'config_invalid',
    `${place} (ROWMILL_PRICES): ${what}. Write prices as "${exampleModel()}: {input: 0.10, output: 0.50, ` +
      'cache_write: 0.125, cache_read: 0.01}", in dollars per million tokens.',
  );
}

/** The line of the deepest part of the path that exists. */
function lineOfPath(path: string[], root: ParsedNode | null, lines: LineCounter): number | undefined {
  let node: unknown = root;
  let line: number | undefined;
  for (const step of path) {
    const items = (node as { items?: { key: unknown; value: unknown }[] } | null)?.items ?? [];
    const item = items.find(({ key }) => isScalar(key) && String(key.value) === step);
    if (item === undefined) break;
    line = lineOf((item.key as { range?: [number, number, number] }).range?.[0] ?? 0, lines);
    node = item.value;
  }
  return line;
}

function lineOf(offset: number, lines: LineCounter): number {
  return lines.linePos(offset).line;
}

type FileTokenPrices = {
  input: number;
  output: number;
  cache_write?: number | undefined;
  cache_read?: number | undefined;
};

function toModelPrices(model: z.infer<typeof modelPrices>): ModelPrices {
  const { long_prompt: long, long_prompt_tokens: tokens } = model;
  return {
    ...toTokenPrices(model),
    ...(long === undefined || tokens === undefined
      ? {}
      : { longPromptTokens: tokens, longPrompt: toTokenPrices(long) }),
  };
}

function toTokenPrices({ input, output, cache_write, cache_read }: FileTokenPrices): TokenPrices {
  return { input, output, cacheWrite: cache_write ?? input, cacheRead: cache_read ?? input };
}
