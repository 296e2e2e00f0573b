import { AppError, toAppError } from '../../base/errors.ts';
import type { ModelResponse } from '../../protocol/messages.ts';
import type { RunOutcome } from '../../protocol/run.ts';
import type { Run } from './run-state.ts';

export function ended({ state }: Run, stopReason: string): RunOutcome {
  return { status: 'ended', messages: state.appended, stopReason, turns: state.turns, usage: state.usage };
}

export function failed({ state }: Run, error: AppError): RunOutcome {
  return { status: 'failed', messages: state.appended, error, turns: state.turns, usage: state.usage };
}

/** `row_timeout` for the run's own deadline, the caller's reason for the caller's abort, else what was thrown. */
export function endingError({ context, hooks, deadline }: Run, thrown: unknown): AppError {
  const error = toAppError(thrown);
  const isCancellation =
    thrown === deadline.signal.reason || error.code === 'aborted' || error.code === 'model_timeout';
  if (!isCancellation || (!deadline.expired() && !hooks.signal.aborted)) return error;
  if (deadline.expired()) {
    const limit =
      hooks.timeoutMs === undefined
        ? `limits.timeout_s of ${context.label} is ${context.timeoutMs / 1000}`
        : `options.timeout_s is ${hooks.timeoutMs / 1000}`;
    return new AppError('row_timeout', `The run did not end in time: ${limit}. Raise it, or simplify the task.`, {
      cause: thrown,
    });
  }
  const reason: unknown = hooks.signal.reason;
  if (reason instanceof AppError) return reason;
  return new AppError('aborted', 'The run was cancelled.', { cause: thrown });
}

/** The limit of turns was reached: `output_invalid` or `output_unreadable` if the last turn gave such an answer. */
export function turnsExceeded({ context, state }: Run): AppError {
  // More turns don't help a model that writes text where it has to answer in another form.
  const hint = state.hasAnsweredInText ? (context.structured?.textAdvice ?? '') : '';
  const limit = `${context.maxTurns} ${context.maxTurns === 1 ? 'turn' : 'turns'} (limits.max_turns of ${context.label})`;
  if (state.invalidOutput !== undefined) {
    const { code, errors } = state.invalidOutput;
    const why = code === 'output_invalid' ? 'does not fit the schema' : "can't be read";
    const said = errors.join('; ').replace(/\.$/, '');
    return new AppError(code, `After ${limit} the answer still ${why}: ${said}.${hint === '' ? '' : ` ${hint}`}`);
  }
  const lacking = context.structured?.lacking ?? 'an end';
  const fix = hint === '' ? 'Raise the limit, or tell the agent in its instructions when to stop.' : hint;
  return new AppError('max_turns_exceeded', `The model used ${limit} without ${lacking}. ${fix}`);
}

/** A model that gives the same text so often, although it was told what is missing, would give it in every turn. */
export function saidAgain({ context, state }: Run, times: number): AppError {
  const { code, errors } = state.invalidOutput ?? { code: 'max_turns_exceeded', errors: [] };
  const lacking = context.structured?.lacking ?? 'an end';
  const faults = errors.join('; ').replace(/\.$/, '');
  const why =
    faults === ''
      ? `It is not ${lacking}`
      : code === 'output_invalid'
        ? `It does not fit the schema: ${faults}`
        : faults;
  const hint = state.hasAnsweredInText ? ` ${context.structured?.textAdvice ?? ''}` : '';
  return new AppError(
    code,
    `The model gave the same text ${times} times, also after it was told what is missing. ${why}.${hint}`.trim(),
  );
}

export function refused(response: ModelResponse): AppError {
  const why = response.stopDetails === undefined ? 'without a reason given' : response.stopDetails;
  return new AppError('refused', `The model refused to answer: ${why}`);
}

export function contextTooLong({ context }: Run): AppError {
  const fix = 'Map fewer or shorter columns, have tools return less, or use a model with a larger context.';
  return new AppError('context_too_long', `The conversation is longer than ${context.model} can read. ${fix}`);
}

export function truncated({ context, state }: Run): AppError {
  const limit = `max_tokens: ${context.maxTokens}, then ${state.maxTokens}`;
  return new AppError(
    'output_truncated',
    `The answer was cut off twice (${limit}). Raise model.max_tokens of ${context.label}, or ask for less.`,
  );
}
