import { basename } from 'node:path';
import type { AgentDefinition } from '../../agent/definition.ts';
import { agentLabel } from '../../agent/definition.ts';
import { toAppError } from '../../base/errors.ts';
import { budgetKeyOf, type Caller } from '../contract/caller.ts';
import type { Problem } from '../contract/problem.ts';
import type { BatchPlan, ContinuationPlan } from '../contract/report/plan.ts';
import { STATUS_COLUMNS } from '../contract/request/mapping.ts';
import { OPTION_DEFAULTS } from '../contract/request/options.ts';
import { readingOf, readingOptionsOf } from '../contract/request/reading.ts';
import { type BatchRequest, KEPT_OUTPUT } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { forecastRow } from '../forecast/row-forecast.ts';
import { checkMedia } from '../media/check-media.ts';
import { createMediaOpener } from '../media/open-media.ts';
import { createMediaSample } from '../media/sample-media.ts';
import { writtenStyle } from '../output/written-style.ts';
import { promptWarnings } from '../rows/input-messages.ts';
import { checkOutputMapping } from '../rows/transform-output.ts';
import { checkTargetMapping, inputMappingOf, openTarget } from './agent/target.ts';
import { checkRequest } from './check-request.ts';
import { keptWarnings } from './kept-options.ts';
import { planExecution } from './mode-options.ts';
import { tellDay, unpricedCap, unpricedDay } from './money/check-caps.ts';
import { spendingOfStart } from './money/spending.ts';
import { checkReplacing, freeOutput } from './output-place.ts';
import { agentFor, checkFallback, fallbackNotice, forecastFallback, lackOf } from './plan-fallback.ts';
import { planNames } from './plan-names.ts';
import { countKept } from './table/count-kept.ts';
import { type Look, lookAtTable } from './table/look-at-table.ts';
import { sampleInputs, tellUnfilled } from './table/sample-inputs.ts';

/** A plan about which nothing is known yet. */
const EMPTY: BatchPlan = {
  problems: [],
  warnings: [],
  agent: null,
  schema_difference: null,
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
export async function planBatch(given: BatchRequest, deps: RunnerDeps, caller: Caller): Promise<BatchPlan> {
  const { request, problems } = checkRequest(given);
  if (request === null) return { ...EMPTY, problems };
  const tableProblems: Problem[] = [];
  const source = await attempt(tableProblems, () =>
    deps.tables.openSource(request.csv_uri, { reading: readingOf(request.reading) }),
  );
  if (source?.loads === 'while-running') await attempt(tableProblems, async () => source.checkClaims?.());
  const look = source === undefined ? undefined : await attempt(tableProblems, () => lookAtTable(source, deps));
  const columns = look?.columns ?? [];
  const target = await attempt(problems, () => openTarget(request, { columns, face: caller.face }, deps));
  problems.push(...tableProblems);
  const agent = target === undefined ? undefined : agentFor(target.agent, request.options);
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
    schema_difference: target?.difference ?? null,
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
    await attempt(problems, () => {
      checkReplacing(uri, request.options?.overwrite, deps);
      return deps.tables.checkWriter(uri, [request.csv_uri], { overwrite, style, ...known });
    });
  }
  plan.output_uri = await plannedOutput(request, plan, deps);
  const isEmpty = look !== undefined && look.rowCount === 0;
  problems.push(...sampleProblems(request, look));
  const mayBeEmpty = request.options?.allow_empty === true || request.reading?.watch === true;
  if (isEmpty && !mayBeEmpty && !(await isRepeat(request, deps))) problems.push(noRows(request.csv_uri, look));
  if (agent !== undefined) await planAgent({ request, plan, agent, look, budgetKey: budgetKeyOf(caller) }, deps);
  return plan;
}

/** Where the table would go. A source that can't be opened has problems of its own. */
async function plannedOutput(request: BatchRequest, plan: BatchPlan, deps: RunnerDeps): Promise<string | null> {
  const { output_uri: given } = request;
  if (given !== undefined) return given === KEPT_OUTPUT ? null : given;
  if (plan.columns.length === 0) return null;
  return (await attempt(plan.problems, () => freeOutput(request, plan, { deps }))) ?? null;
}

/**
 * A start with a known idempotency key starts nothing: the file at the output URI is the first batch's own table, and
 * the rows of a live source that are missing are the first batch's own rows.
 */
async function isRepeat({ options }: BatchRequest, { store }: RunnerDeps): Promise<boolean> {
  const key = options?.idempotency_key;
  return key !== undefined && (await store.readBatchOfKey(key)) !== undefined;
}

interface AgentPlanning {
  request: BatchRequest;
  plan: BatchPlan;
  agent: AgentDefinition;
  look: Look | undefined;
  /** The id of a caller with a budget of its own. */
  budgetKey: string | null;
}

async function planAgent({ request, plan, agent, look, budgetKey }: AgentPlanning, deps: RunnerDeps): Promise<void> {
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
  planNames(plan, { agent, output, tables: deps.tables });
  // Texts in braces of a question that are no placeholders are meant as text.
  if (request.target.type !== 'inline') plan.warnings.push(...promptWarnings(agent));
  const provider = await attempt(problems, () => deps.provider(agent.model.provider, agent.model));
  if (provider?.standIn !== undefined)
    plan.warnings.push(`The model of ${agentLabel(agent)} is a ${provider.standIn}.`);
  problems.push(...lackOf(provider, agent));
  problems.push(...((await attempt(problems, () => checkFallback(agent, deps))) ?? []));
  // A real provider is not asked: a plan makes no calls. A stand-in's script is a file whose existence can be checked.
  if (provider?.standIn !== undefined) await attempt(problems, async () => provider.checkModel?.(agent.model.model));
  await attempt(problems, async () => deps.checkTools?.(agent));
  problems.push(...unpricedCap(agent, request.options?.max_cost_usd, deps));
  const day = await deps.store.readDaySpending(deps.clock.now(), budgetKey);
  if (day !== null) problems.push(...unpricedDay(agent.model, day, deps));
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
  const { inputs, ...sampled } = await sampleInputs(plan, agent, { ...look, media });
  const { failed, rowsLookedAt } = sampled;
  tellUnfilled(plan, sampled);
  plan.warnings.push(...media.warnings());
  const rows = { inputs, mediaTokens: media.tokensPerRow() };
  const fallback = await forecastFallback(agent, rows, deps);
  const basis = {
    agent,
    ...(fallback && { fallback }),
    rows: plan.continuation === null ? (look.rowCount ?? look.reckonedRows) : rowsToRun(plan.continuation),
    rowsExact: plan.row_count !== null,
    isLive: look.isLive,
    // Only where every row was checked.
    invalid: rowsLookedAt + failed === look.rowCount ? failed : 0,
    concurrency: request.options?.concurrency ?? OPTION_DEFAULTS.concurrency,
    isSample: request.options?.sample !== undefined,
    rowsLookedAt,
    forecast: await forecastRow(agent, rows, { ...deps, provider }),
  };
  const ways = await planExecution(request, basis, deps);
  plan.execution = ways.execution;
  problems.push(...ways.problems);
  plan.warnings.push(...ways.warnings, ...fallbackNotice(basis, deps));
  plan.estimate = ways.estimate;
  plan.sample = ways.sample;
  plan.spending_usd = spendingOfStart(ways.start, request.options ?? {});
  if (day !== null) tellDay(plan, day);
}

function rowsToRun({ changed_rows: changed, new_rows: added }: ContinuationPlan): number {
  return (changed ?? 0) + added;
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

function noRows(uri: string, { isLive }: Look): Problem {
  if (isLive) return { code: 'no_rows', message: `${uri} has no rows that are left to run.` };
  return {
    code: 'no_rows',
    message: `${basename(uri)} has a header but no rows; there is nothing to run. With allow_empty its table is written all the same.`,
  };
}
