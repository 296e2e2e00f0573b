import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import { budgetKeyOf, type Caller, createdBy } from '../contract/caller.ts';
import { type BatchRequest, KEPT_OUTPUT } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { emitCreated } from '../lifecycle/batch-events.ts';
import { storable } from '../lifecycle/drive-context.ts';
import { reportBatch } from '../output/report.ts';
import { storedPlanOf } from '../output/results.ts';
import type { Runner } from '../runner.ts';
import { isModelChoice } from './agent/default-model.ts';
import { newBatch } from './new-batch.ts';
import { insertWithOutput } from './output-place.ts';
import { planBatch } from './validate-input.ts';

/** Validates a request and stores its batch; see {@link Runner.create}. */
export async function createBatch(
  given: BatchRequest,
  approve: Parameters<Runner['create']>[1],
  { deps, caller }: { deps: RunnerDeps; caller: Caller },
): ReturnType<Runner['create']> {
  const { store, clock, tables } = deps;
  const plan = await planBatch(given, deps, caller);
  const [first, ...others] = plan.problems;
  if (first !== undefined || plan.agent === null) {
    const messages = [first, ...others].flatMap((problem) => (problem === undefined ? [] : [problem.message]));
    throw new AppError(first?.code ?? 'agent_not_found', messages.join('\n'));
  }
  const { agent } = plan;
  const request = withAbsoluteUris(given, deps);
  const id = deps.newId('bat');
  const idempotencyKey = request.options?.idempotency_key ?? null;
  const isKnown = idempotencyKey !== null && (await store.readBatchOfKey(idempotencyKey)) !== undefined;
  if (!isKnown) await approve?.(plan, id);
  const provider = await deps.provider(plan.agent.model.provider, plan.agent.model);
  const now = clock.now();
  const record = (outputUri: string) =>
    newBatch({
      id,
      status: 'created',
      idempotencyKey,
      budgetKey: budgetKeyOf(caller),
      plan: storable({
        request,
        fileRoots: tables.roots,
        agent,
        toolSpecs: null,
        inputMapping: plan.input_mapping,
        reading: plan.reading,
        outputUri,
        estimate: plan.estimate,
        warnings: plan.warnings.filter((warning) => !isModelChoice(warning)),
        standIn: provider.standIn ?? null,
        createdBy: createdBy.parse(caller),
      }),
      columns: null,
      rowLimit: request.options?.sample ?? null,
      createdAt: now,
    });
  const { batch, inserted } = await insertWithOutput(request, plan, { id, deps, record });
  const asked = storedPlanOf(batch).asked ?? storedPlanOf(batch).request;
  if (!inserted && !isDeepStrictEqual(asked, parseJson(JSON.stringify(request)))) {
    throw new AppError(
      'invalid_arguments',
      `The idempotency key "${request.options?.idempotency_key}" belongs to the batch ${batch.id}, which was started with other ` +
        'arguments. Use a new key for a new batch.',
    );
  }
  if (inserted) emitCreated(batch, deps);
  return { report: await reportBatch(batch, deps), started: inserted, plan };
}

/** Makes URIs absolute, because the process that drives the batch may have another working directory. */
function withAbsoluteUris(request: BatchRequest, { tables }: RunnerDeps): BatchRequest {
  const { csv_uri: source, output_uri: output } = request;
  return {
    ...request,
    csv_uri: tables.absolute(source),
    ...(output !== undefined && { output_uri: output === KEPT_OUTPUT ? output : tables.absolute(output) }),
  };
}
