import type * as z from 'zod';
import type { ToolContext } from '../../agent/tool.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Json } from '../../protocol/messages.ts';
import type { BatchReport } from '../../runner/contract/report.ts';
import type { BatchRequest } from '../../runner/contract/request.ts';
import type { Runner } from '../../runner/runner.ts';
import { parseAgentName } from '../agent-name.ts';
import { defineTool } from '../define-tool.ts';
import type { OrchestratorTool } from '../orchestrator-tool.ts';
import { isSettled, summarizeBatch } from '../show/batch-report.ts';
import { inWords } from '../show/estimate-in-words.ts';
import { requireSourceUri } from '../table-source.ts';
import { askFirst, type NeededConfirmation, neededConfirmation, type SpendingParts } from './confirm-spending.ts';
import { executeInput } from './execute-arguments.ts';
import { type Controlled, resumeBatch, retryBatch, setBatch } from './execute-control.ts';
import { describeBatch, describePlan, type ExecuteOutput, executeOutput } from './execute-output.ts';

type Arguments = z.output<typeof executeInput>;

/** `onBatchReady` makes sure that some process drives the batches that are ready to go. */
export interface ExecuteParts extends SpendingParts {
  runner: Runner;
  onBatchReady: () => Promise<void>;
}

/** `execute_batch_processor`: starts batches, and controls them. It never waits for one. */
export function createExecuteTool(parts: ExecuteParts): OrchestratorTool {
  return defineTool({
    name: 'execute_batch_processor',
    title: 'Run an agent over a table',
    description:
      'Starts a batch that runs a target agent over every row of a table, and answers at once with its id; or pauses, resumes, cancels, retries or changes a batch that there is. With options.dry_run it validates and estimates the cost, and starts nothing. Starting spends money: use dry_run first, show the person the mapping and the estimate, and start only when their wish is clear. An answer with needs_confirmation has done nothing: show the person its estimate, and call again with its confirmation_token only when they say yes. Then call monitor_batch_execution.',
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    // The call's own idempotency key stands in where none is given, so a repeated call starts one batch.
    idempotent: true,
    input: executeInput,
    output: executeOutput,
    async run(args, context) {
      if (args.action !== 'start') {
        const done = await control(args, parts);
        return 'answer' in done ? done.answer : describeReady(args.action, done.report, parts, context);
      }
      if (args.options?.dry_run !== true) return start(args, parts, context);
      return describePlan(await parts.runner.plan(toRequest(args, undefined)));
    },
  });
}

async function control(args: Arguments, parts: ExecuteParts): Promise<Controlled> {
  const { batch_id = '', options = {}, retry = {}, confirmation_token: token } = args;
  const limits = {
    ...(options.max_cost_usd === undefined ? {} : { max_cost_usd: options.max_cost_usd }),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  };
  switch (args.action) {
    case 'start':
      throw new AppError('internal', 'A start is no control of a batch.');
    case 'pause':
      return { report: await parts.runner.pause(batch_id) };
    case 'cancel':
      // Without an owner its table is still to be written, by whoever drives it next.
      return { report: await parts.runner.cancel(batch_id) };
    case 'resume':
      return resumeBatch(batch_id, { limits, resendLost: options.resend_lost === true, token }, parts);
    case 'set':
      return setBatch(batch_id, { limits, token }, parts);
    case 'retry': {
      const which = {
        ...(retry.codes === undefined ? {} : { codes: retry.codes }),
        ...(retry.model === undefined ? {} : { model: retry.model }),
      };
      return retryBatch(batch_id, { retry: which, limits, token }, parts);
    }
  }
}

async function start(args: Arguments, parts: ExecuteParts, context: ToolContext): Promise<ExecuteOutput> {
  const { confirmation_token: token } = args;
  const subject = { action: 'start', request: toRequest(args, undefined) } as unknown as Json;
  const confirmed = token === undefined ? undefined : parts.confirmations.check(token, subject);
  // One yes starts one batch, however often it is sent.
  const own = typeof confirmed === 'object' ? `confirmed:${confirmed.nonce}` : `call:${context.idempotencyKey}`;
  let asked: { needed: NeededConfirmation; answer: ExecuteOutput } | undefined;
  try {
    const request = toRequest(args, args.options?.idempotency_key ?? own);
    const { report, started, plan } = await parts.runner.create(request, (found) => {
      const needed = neededConfirmation(subject, found.spending_usd, { ...parts, token });
      if (needed === undefined) return;
      asked = { needed, answer: askFirst({ ...describePlan(found), dry_run: false }, needed) };
      throw new AppError('confirmation_needed', needed.reason);
    });
    const described = await describeReady('start', report, parts, context);
    return {
      ...described,
      summary: started
        ? `Batch ${report.batch_id} is started with ${report.agent}: ${inWords(plan.estimate)}.`
        : `This batch was started before with the same idempotency key. ${summarizeBatch(report)}`,
      started,
      row_count: plan.row_count ?? described.row_count,
      input_mapping: plan.input_mapping,
      output_columns: plan.output_columns,
      estimate: plan.estimate,
      execution: plan.execution,
      warnings: [...new Set([...plan.warnings, ...described.warnings])],
    };
  } catch (thrown) {
    if (asked !== undefined) return asked.answer;
    throw thrown;
  }
}

/**
 * Describes a batch after it was made sure that somebody drives it. A batch that is stored and that nobody drives is
 * not lost: it is told as a warning instead of failing the call.
 */
async function describeReady(
  action: ExecuteOutput['action'],
  report: BatchReport,
  { onBatchReady }: ExecuteParts,
  { log }: ToolContext,
): Promise<ExecuteOutput> {
  const described = describeBatch(action, report);
  if (isSettled(report)) return described;
  try {
    await onBatchReady();
    return described;
  } catch (thrown) {
    log.error({ batchId: report.batch_id, err: thrown }, 'no process could be started to drive the batch');
    const reason = toAppError(thrown).message;
    const warning = `The batch is stored, but no process could be started to drive it (${reason}); run "rowmill serve" to drive it.`;
    return { ...described, warnings: [...described.warnings, warning] };
  }
}

function toRequest(args: Arguments, idempotencyKey: string | undefined): BatchRequest {
  const { target, input_mapping, output_mapping, output_uri, options = {} } = args;
  const { dry_run: _, idempotency_key: __, ...limits } = options;
  const { name, version } = parseAgentName(target?.name ?? '', target?.version);
  return {
    csv_uri: requireSourceUri(args),
    target: { type: 'agent', name, ...(version === undefined ? {} : { version }) },
    ...(input_mapping === undefined ? {} : { input_mapping }),
    ...(output_mapping === undefined ? {} : { output_mapping }),
    ...(output_uri === undefined ? {} : { output_uri }),
    options: {
      ...(limits.concurrency === undefined ? {} : { concurrency: limits.concurrency }),
      ...(limits.sample === undefined ? {} : { sample: limits.sample }),
      ...(limits.max_cost_usd === undefined ? {} : { max_cost_usd: limits.max_cost_usd }),
      ...(limits.priority === undefined ? {} : { priority: limits.priority }),
      ...(limits.cache === undefined ? {} : { cache: limits.cache }),
      ...(limits.overwrite === undefined ? {} : { overwrite: limits.overwrite }),
      ...(limits.tolerated_failure_percent === undefined
        ? {}
        : { tolerated_failure_percent: limits.tolerated_failure_percent }),
      ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }),
    },
  };
}
