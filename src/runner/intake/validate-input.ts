import { basename } from 'node:path';
import type { AgentDefinition } from '../../agent/definition.ts';
import { agentLabel } from '../../agent/definition.ts';
import { toAppError } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import { type DaySpending, dayCapReached } from '../../storage/spending.ts';
import type { Cell } from '../../tables/cell.ts';
import type { RowSource } from '../../tables/row-source.ts';
import type { Caller } from '../contract/caller.ts';
import { STATUS_COLUMNS } from '../contract/mapping.ts';
import { OPTION_DEFAULTS } from '../contract/options.ts';
import type { BatchPlan, ContinuationPlan } from '../contract/plan.ts';
import type { Problem } from '../contract/problem.ts';
import { readingOf, readingOptionsOf } from '../contract/reading.ts';
import { type BatchRequest, KEPT_OUTPUT } from '../contract/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { checkMedia } from '../media/check-media.ts';
import { createMediaOpener } from '../media/open-media.ts';
import { createMediaSample } from '../media/sample-media.ts';
import { writtenStyle } from '../output/written-style.ts';
import { promptWarnings } from '../rows/input-messages.ts';
import { checkOutputMapping, layoutOutput } from '../rows/transform-output.ts';
import { checkRequest } from './check-request.ts';
import { countKept } from './count-kept.ts';
import { keptWarnings } from './kept-options.ts';
import { planExecution } from './mode-options.ts';
import { freeOutput } from './output-place.ts';
import { type SampleRow, sampleInputs, tellUnfilled } from './sample-inputs.ts';
import { spendingOfStart } from './spending.ts';
import { checkTargetMapping, inputMappingOf, openTarget } from './target.ts';

/** How long a plan may read the table to count its rows, in milliseconds: a start answers within two seconds. */
const COUNT_BUDGET_MS = 800;
const ROWS_LOOKED_AT = 200;

/** A plan about which nothing is known yet. */
const EMPTY: BatchPlan = {
  problems: [],
  warnings: [],
  agent: null,
  input_mapping: {},
  output_columns: [...STATUS_COLUMNS],
  reading: {},
  columns: [],
  row_count: null,
  source_files: 1,
  continuation: null,
  output_uri: null,
  sample: null,
  estimate: null,
  execution: null,
  spending_usd: null,
};

/** ValidateInput: collects every reason why a request can't run, before any money is spent, and estimates its cost. */
export async function planBatch(given: BatchRequest, deps: RunnerDeps, { face }: Caller): Promise<BatchPlan> {
  const { request, problems } = checkRequest(given);
  if (request === null) return { ...EMPTY, problems };
  const tableProblems: Problem[] = [];
  const source = await attempt(tableProblems, () =>
    deps.tables.openSource(request.csv_uri, { reading: readingOf(request.reading) }),
  );
  const look = source === undefined ? undefined : await attempt(tableProblems, () => lookAt(source, deps));
  const columns = look?.columns ?? [];
  const target = await attempt(problems, () => openTarget(request.target, { columns, face }, deps));
  problems.push(...tableProblems);
  const agent = target?.agent;
  const mapping = inputMappingOf(request, { schema: agent?.input, columns });
  const plan: BatchPlan = {
    ...EMPTY,
    problems,
    warnings: [
      ...(source?.warnings() ?? []).map((warning) => warning.message),
      ...keptWarnings(request.options),
      ...(target?.warnings ?? []),
    ],
    agent: agent ?? null,
    input_mapping: mapping,
    reading: source?.readAs === undefined ? (request.reading ?? {}) : readingOptionsOf(source.readAs()),
    columns,
    row_count: look?.rowCount ?? null,
    source_files: source?.parts?.().length ?? 1,
  };
  if (request.output_uri !== undefined && request.output_uri !== KEPT_OUTPUT) {
    const uri = request.output_uri;
    const overwrite = request.options?.overwrite === true || (await isRepeat(request, deps));
    const style = writtenStyle(request.options);
    const known = look?.rowCount == null ? {} : { rows: look.rowCount };
    await attempt(problems, () => deps.tables.checkWriter(uri, [request.csv_uri], { overwrite, style, ...known }));
  }
  plan.output_uri = await plannedOutput(request, plan, deps);
  const isEmpty = look !== undefined && look.rowCount === 0;
  problems.push(...sampleProblems(request, look));
  if (isEmpty && request.options?.allow_empty !== true) problems.push(noRows(request.csv_uri));
  if (agent !== undefined) await planAgent({ request, plan, agent, look }, deps);
  return plan;
}

/** Where the table would go. A source that can't be opened has problems of its own. */
async function plannedOutput(request: BatchRequest, plan: BatchPlan, deps: RunnerDeps): Promise<string | null> {
  const { output_uri: given } = request;
  if (given !== undefined) return given === KEPT_OUTPUT ? null : given;
  if (plan.columns.length === 0) return null;
  return (await attempt(plan.problems, () => freeOutput(request, plan, { deps }))) ?? null;
}

/** A start with a known idempotency key starts nothing: the file at the output URI is the first batch's own table. */
async function isRepeat({ options }: BatchRequest, { store }: RunnerDeps): Promise<boolean> {
  const key = options?.idempotency_key;
  return key !== undefined && (await store.readBatchOfKey(key)) !== undefined;
}

interface AgentPlanning {
  request: BatchRequest;
  plan: BatchPlan;
  agent: AgentDefinition;
  look: Look | undefined;
}

async function planAgent({ request, plan, agent, look }: AgentPlanning, deps: RunnerDeps): Promise<void> {
  const { problems, columns } = plan;
  const output = request.output_mapping ?? {};
  problems.push(
    ...checkStructured(agent),
    ...checkMedia(agent),
    ...checkOutputMapping(output, agent.structured_output.schema),
  );
  const mappingProblems =
    look === undefined ? [] : checkTargetMapping(request.target, plan.input_mapping, { agent, columns });
  problems.push(...mappingProblems);
  const layout = layoutOutput(columns, agent.structured_output.schema, output);
  plan.output_columns = layout.headers;
  // Texts in braces of a question that are no placeholders are meant as text.
  plan.warnings.push(...layout.warnings, ...(request.target.type === 'inline' ? [] : promptWarnings(agent)));
  const provider = await attempt(problems, () => deps.provider(agent.model.provider, agent.model));
  if (provider?.standIn !== undefined)
    plan.warnings.push(`The model of ${agentLabel(agent)} is a ${provider.standIn}.`);
  const lacking = provider?.lacks?.();
  if (lacking !== undefined) {
    const message = `The model ${agent.model.model} can't be called before ${lacking} is set.`;
    problems.push({ code: 'config_invalid', message });
  }
  // A real provider is not asked: a plan makes no calls. A stand-in's script is a file whose existence can be checked.
  if (provider?.standIn !== undefined) await attempt(problems, async () => provider.checkModel?.(agent.model.model));
  await attempt(problems, async () => deps.checkTools?.(agent));
  problems.push(...unpricedCap(agent, request.options?.max_cost_usd, deps));
  const day = await deps.store.readDaySpending(deps.clock.now());
  if (day !== null) problems.push(...unpricedDay(agent, deps));
  if (look === undefined || mappingProblems.length > 0) return;
  const { continues } = request;
  if (continues !== undefined) {
    const table = { agent, inputMapping: plan.input_mapping, outputMapping: output, reading: plan.reading };
    const counted = await attempt(problems, () => countKept({ ...request, continues }, table, deps));
    if (counted === undefined) return;
    plan.continuation = counted;
    plan.row_count = counted.kept_rows + rowsToRun(counted);
  }
  const tableUri = deps.tables.absolute(request.csv_uri);
  const opener = createMediaOpener(agent, { tables: deps.tables, tableUri });
  const media = createMediaSample(agent, opener, deps.clock);
  const { failed, firstReason, ...inputs } = await sampleInputs(plan, agent, { ...look, media });
  tellUnfilled(plan, { failed, firstReason, ...inputs });
  plan.warnings.push(...media.warnings());
  const basis = {
    agent,
    rows: plan.continuation === null ? (look.rowCount ?? look.reckonedRows) : rowsToRun(plan.continuation),
    rowsExact: plan.row_count !== null,
    isLive: look.isLive,
    // Only where every row was checked.
    invalid: inputs.rowsLookedAt + failed === look.rowCount ? failed : 0,
    concurrency: request.options?.concurrency ?? OPTION_DEFAULTS.concurrency,
    isSample: request.options?.sample !== undefined,
    ...inputs,
  };
  const ways = await planExecution(request, basis, deps);
  plan.execution = ways.execution;
  problems.push(...ways.problems);
  plan.warnings.push(...ways.warnings);
  plan.estimate = ways.estimate;
  plan.sample = ways.sample;
  plan.spending_usd = spendingOfStart(ways.expectedUsd, request.options ?? {});
  if (day !== null) tellDay(plan, day);
}

/** Reports a model of unknown price where a cap of a day is set. */
export function unpricedDay({ model }: { model: PricedModel }, { prices }: RunnerDeps): Problem[] {
  const unpriced = unpricedOf(model, prices);
  if (unpriced === undefined) return [];
  const message = `The price of ${unpriced} is unknown, so the cap of a day (ROWMILL_MAX_USD_PER_DAY) can't be kept. Use a model with a known price, or add its price to a price file (ROWMILL_PRICES).`;
  return [{ code: 'budget_unpriced', message }];
}

function rowsToRun({ changed_rows: changed, new_rows: added }: ContinuationPlan): number {
  return (changed ?? 0) + added;
}

/** Reports a cap that can't be enforced because the price of the model is unknown. */
export function unpricedCap(agent: AgentDefinition, cap: number | undefined, { prices }: RunnerDeps): Problem[] {
  const unpriced = unpricedOf(agent.model, prices);
  if (cap === undefined || unpriced === undefined) return [];
  const message = `max_cost_usd can't be enforced: the price of ${unpriced} is unknown. Leave out the cap, use a model with a known price, or add its price to a price file (ROWMILL_PRICES).`;
  return [{ code: 'budget_unpriced', message }];
}

type PricedModel = Pick<AgentDefinition['model'], 'provider' | 'model' | 'fallback'>;

/** The first of the models that may answer whose price is unknown. */
function unpricedOf({ provider, model, fallback }: PricedModel, prices: PriceTable): string | undefined {
  const models = fallback === undefined ? [model] : [model, fallback];
  return models.find((one) => !isPriced(provider, one, prices));
}

export function isPriced(provider: string, model: string, prices: PriceTable): boolean {
  return prices.worstCase(provider, model, { inputTokens: 1, maxTokens: 1 }) !== undefined;
}

/** Reports what the cap of the day leaves for a batch: a problem when it leaves nothing, a warning when it is too little. */
function tellDay({ problems, warnings, spending_usd: expected }: BatchPlan, day: DaySpending): void {
  const left = (day.capMicroUsd - day.costMicroUsd - day.openMicroUsd) / 1e6;
  if (expected === null || expected <= left) return;
  if (left <= 0) {
    const { code, message } = dayCapReached(day);
    problems.push({ code, message });
    return;
  }
  warnings.push(
    `The cap of ${dollars(day.capMicroUsd / 1e6)} a day (ROWMILL_MAX_USD_PER_DAY) leaves ${dollars(left)} for ${day.day}; the batch is expected to cost more, and pauses when the cap is reached.`,
  );
}

/** Runs a check; an AppError becomes a problem instead of ending the validation. */
async function attempt<T>(problems: Problem[], check: () => Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'internal') throw error;
    problems.push({ code: error.code, message: error.message });
    return undefined;
  }
}

/** Why an agent may not run in a batch. */
export function checkStructured(agent: AgentDefinition): Problem[] {
  const { enabled, schema } = agent.structured_output;
  if (enabled && schema?.['type'] === 'object') return [];
  const why = enabled ? 'has no structured_output.schema of type "object"' : 'has no structured output enabled';
  return [
    {
      code: 'agent_not_structured',
      message: `The agent ${agentLabel(agent)} ${why}; give it structured_output: {enabled: true, schema: {type: object, …}} to run it over a table.`,
    },
  ];
}

/** Reports a random sample that can't be made. */
function sampleProblems({ options = {} }: BatchRequest, look: Look | undefined): Problem[] {
  if (options.random !== true) return [];
  if (options.sample === undefined) {
    const message = 'options.random chooses the rows of a sample: give options.sample too, or leave it out.';
    return [{ code: 'invalid_arguments', message }];
  }
  if (look?.isLive !== true) return [];
  const message =
    'A random sample needs the whole table first, and this source is read while its rows run. Leave out options.random.';
  return [{ code: 'option_not_supported', message }];
}

function noRows(uri: string): Problem {
  return {
    code: 'no_rows',
    message: `${basename(uri)} has a header but no rows; there is nothing to run. With allow_empty its table is written all the same.`,
  };
}

interface Look {
  columns: string[];
  rowCount: number | null;
  reckonedRows: number | null;
  isLive: boolean;
  sample: SampleRow[];
}

/**
 * Reads the table for a limited time: to its end if it is small, else far enough to estimate its rows from its size.
 */
async function lookAt(source: RowSource, deps: RunnerDeps): Promise<Look> {
  const deadline = deps.clock.monotonic() + COUNT_BUDGET_MS;
  const sample: SampleRow[] = [];
  let rows = 0;
  let characters = 0;
  let finished = true;
  try {
    for await (const chunk of source.rows(undefined, { cellsOf: ROWS_LOOKED_AT })) {
      for (const row of chunk) {
        if (sample.length < ROWS_LOOKED_AT && row.kind === 'record') {
          sample.push({ row: rows, line: row.line, cells: row.cells });
        }
        rows += 1;
        characters += charactersOf(row.cells);
      }
      const isEnough = source.total !== null && sample.length >= ROWS_LOOKED_AT;
      if (isEnough || deps.clock.monotonic() > deadline) {
        finished = false;
        break;
      }
    }
  } finally {
    await source.close();
  }
  const isPlain = source.sizeBytes !== undefined && source.format.compression === 'none';
  const bytes = source.bytesRead?.() ?? characters;
  const reckoned = isPlain && bytes > 0 ? Math.round(((source.sizeBytes ?? 0) * rows) / bytes) : null;
  return {
    columns: source.columns(),
    rowCount: finished ? rows : source.total,
    reckonedRows: finished ? rows : reckoned,
    isLive: source.loads === 'while-running',
    sample,
  };
}

function charactersOf(cells: Cell[]): number {
  let sum = cells.length;
  for (const cell of cells) sum += typeof cell === 'string' ? cell.length : 8;
  return sum;
}
