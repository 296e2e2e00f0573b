import { AppError, toAppError } from '../../base/errors.ts';
import { announceActivity } from '../../base/process/activity.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { OpenedAgent } from '../../protocol/run.ts';
import type { Tables } from '../../tables/table.ts';
import { storedInput } from '../media/media-fields.ts';
import { createMediaOpener } from '../media/open-media.ts';
import { openRunMedia, type RunMedia } from '../media/run-media.ts';
import { inputMessages, paramsOf } from './input-messages.ts';
import { compileMapping } from './mapping.ts';
import type { ModelCall } from './model-call.ts';
import type { BatchSnapshot, RowTask } from './row-task.ts';
import { createRunCalls, type RunCallsDeps } from './run-journal.ts';
import { compileOutput, type RowOutput } from './transform-output.ts';

/** Stops a run whose next call waits for a provider job. Created once: an error for each run costs 10 µs. */
const PARKED = new AppError('aborted', 'The call waits for a provider job.');

/** The outcome of a run. Only its calls are stored yet. */
export type RowOutcome =
  | ({ kind: 'output'; input: JsonObject; output: RowOutput } & RunTally)
  /** `isCharged`: a model call of it was charged, or may have been. */
  | ({ kind: 'fault'; input: JsonObject | null; error: AppError; isCharged: boolean } & RunTally)
  /** The next model call waits to be put into a provider job, or a tool call is held back (no call). */
  | { kind: 'parked'; call: ModelCall | undefined };

interface RunTally {
  processingMs: number;
  /** The cost of its answered calls with a known price, including replayed ones. */
  costMicroUsd: number;
}

/** Runs the tasks of one batch. */
export interface RowRuns {
  /**
   * TransformInput, InvokeAgent and TransformOutput of one attempt.
   * Contract: never rejects. The outcome depends only on committed answers.
   * @param onAnswered called when the row has its output and sends nothing more: only storing remains. Called at most
   *   once, while the last answer's commit is running; not called for a row that fails.
   * @param signal cancels this run; default: that of all calls
   */
  run(task: RowTask, onAnswered?: () => void, signal?: AbortSignal): Promise<RowOutcome>;
  /** TransformInput alone; null when it fails. */
  inputOf(cells: Json[]): Promise<JsonObject | null>;
}

interface RowRunsParts {
  agent: OpenedAgent;
  /** Reads the media that cells name. */
  tables: Pick<Tables, 'readBytes'>;
  calls: RunCallsDeps;
  /**
   * Model calls are not sent: each run stops at its first unanswered one. `holdsTools`: tool calls are not made either.
   */
  parks?: { holdsTools: boolean };
  /** The deadline of a run in milliseconds, where it is not the agent's own. */
  timeoutMs?: () => number | undefined;
}

/** Compiles what all rows of a batch have in common. */
export function createRowRuns(
  snapshot: BatchSnapshot,
  { agent, tables, calls, parks, timeoutMs }: RowRunsParts,
): RowRuns {
  const { agent: definition, columns } = snapshot;
  const transformInput = compileMapping(snapshot.inputMapping, definition.input, columns, snapshot);
  const transformOutput = compileOutput(snapshot.outputMapping, columns);
  const opener = createMediaOpener(definition, { tables, tableUri: snapshot.tableUri });
  const { clock } = calls;

  const run: RowRuns['run'] = async (task, onAnswered, signal = calls.signal) => {
    const began = clock.monotonic();
    let input: JsonObject | null = null;
    let parked: ModelCall | undefined;
    const send = async (call: ModelCall): Promise<never> => {
      parked = call;
      throw PARKED;
    };
    const own =
      parks === undefined ? calls : { ...calls, send, ...(parks.holdsTools ? { heldTools: PARKED } : undefined) };
    let media: RunMedia | undefined;
    const withMedia = opener.fields.size === 0 ? own : { ...own, beforeSend: async () => media?.beforeSend() };
    const { callModel, callTool, spentMicroUsd, isCharged, committed } = createRunCalls(
      task.run,
      task.replays,
      withMedia,
    );
    const processingMs = () => Math.round(clock.monotonic() - began);
    try {
      // Batch, row and attempt.
      announceActivity(() => `the run ${task.run}`);
      const read = await transformInput(task.cells);
      input = storedInput(read, opener.fields);
      media = await openRunMedia(read, task, { opener, journal: calls.journal, signal });
      const messages = inputMessages(definition, input, media.blocks);
      const deadlineMs = timeoutMs?.();
      const params = paramsOf(input);
      const outcome = await agent.run(messages, {
        ...{ runId: task.run, callModel, callTool, signal },
        ...(deadlineMs !== undefined && { timeoutMs: deadlineMs }),
        ...(params !== undefined && { params }),
      });
      if (outcome.status === 'failed') throw outcome.error;
      if (outcome.status === 'ended')
        throw new AppError('output_invalid', 'The agent ended without structured output.');
      const transformed = await transformOutput(task.cells, outcome.structured);
      const output = outcome.readAs === undefined ? transformed : { ...transformed, read_as: outcome.readAs };
      onAnswered?.();
      await committed();
      return { kind: 'output', input, output, processingMs: processingMs(), costMicroUsd: spentMicroUsd() };
    } catch (thrown) {
      if (thrown === PARKED) return { kind: 'parked', call: parked };
      // The row's outcome is reported only after its last answer is committed. If that commit fails, its fault counts.
      const fault = await committed().then(
        () => thrown,
        (uncommitted: unknown) => uncommitted,
      );
      const error = toAppError(fault);
      const tally = { processingMs: processingMs(), costMicroUsd: spentMicroUsd() };
      return { kind: 'fault', input, error, isCharged: isCharged(), ...tally };
    }
  };
  const inputOf: RowRuns['inputOf'] = async (cells) => {
    const read = await transformInput(cells).catch((): null => null);
    return read === null ? null : storedInput(read, opener.fields);
  };
  return { run, inputOf };
}
