import { setMaxListeners } from 'node:events';
import type { AgentDefinition } from '../../agent/definition.ts';
import type { AppError } from '../../base/errors.ts';
import { isFallback } from '../output/fallback-answers.ts';
import type { RowOutcome } from '../rows/row-run.ts';
import type { RowTask } from '../rows/row-task.ts';
import type { ProcessOptions } from './executor.ts';
import type { ModelRunsParts } from './model-runs.ts';

type Fault = Extract<RowOutcome, { kind: 'fault' }>;

/**
 * Decides when the model of another provider answers instead of an agent's first one. An attempt belongs to one model:
 * its conversation is never continued by the other. Rows that the first model can't answer begin a new attempt.
 */
export interface ModelLoss {
  /** The hooks of the first model's calls. */
  hooks: Pick<ModelRunsParts, 'halt' | 'onAnswer' | 'onFault'>;
  /** Whether an attempt belongs to the other model: it began with it, or it begins while the first one is given up. */
  isOthers(task: RowTask): boolean | Promise<boolean>;
  /** The fault of the attempt, where the other model makes the next one; undefined where the outcome stands. */
  replacedBy(outcome: RowOutcome): Fault | undefined;
}

/** Faults of a model that no row would get past: it is given up until the batch is resumed. */
const LOST = new Set(['model_unknown', 'model_permission_denied', 'model_unavailable', 'model_unreachable']);
/** Faults of one call after all its sends, while others are answered: its row alone is run with the other model. */
const LEFT = new Set(['model_overloaded', 'model_server_error', 'model_rate_limited']);

/**
 * @param parts of the first model
 * @param hasAnswered whether it has answered a call of the batch
 */
export function createModelLoss(
  { deps, drain, hard }: Pick<ProcessOptions, 'deps' | 'drain' | 'hard'>,
  { snapshot: { agent }, halt, onAnswer, onFault }: Pick<ModelRunsParts, 'snapshot' | 'halt' | 'onAnswer' | 'onFault'>,
  hasAnswered: boolean,
): ModelLoss {
  const gone = new AbortController();
  const halted = AbortSignal.any([halt, gone.signal]);
  setMaxListeners(0, halted);
  let isServed = hasAnswered;
  let lost: AppError | undefined;
  const isStopped = () => halt.aborted || drain.aborted || hard.aborted;
  const isLost = ({ code, outcomeUnknown }: AppError) =>
    (LOST.has(code) && !outcomeUnknown) || (code === 'model_request_invalid' && !isServed);
  const giveUp = (error: AppError) => {
    if (lost !== undefined) return;
    lost = error;
    const { model, fallback } = namesOf(agent);
    deps.log.warn({ model, fallback, reason: error.message }, 'the model is replaced by its fallback');
    gone.abort();
  };
  return {
    hooks: {
      halt: halted,
      onAnswer: () => {
        isServed = true;
        onAnswer();
      },
      onFault: (error) => {
        if (isLost(error)) giveUp(error);
        else onFault(error);
      },
    },
    isOthers({ run, replays }) {
      if (!replays) return lost !== undefined;
      return deps.store.readJournal(run).then((entries) => {
        const began = entries.find(({ kind }) => kind === 'model');
        return began === undefined ? lost !== undefined : isFallback(began.name, agent);
      });
    },
    replacedBy(outcome) {
      if (outcome.kind !== 'fault' || isStopped()) return undefined;
      const { error } = outcome;
      if (isLost(error) || LEFT.has(error.code)) return outcome;
      // Its next call was not sent, because the model was given up meanwhile.
      return lost !== undefined && error.code === 'aborted' ? { ...outcome, error: lost } : undefined;
    },
  };
}

function namesOf({ model }: AgentDefinition): { model: string; fallback: string } {
  const name = (one: { provider: string; model: string }) => `${one.provider}/${one.model}`;
  return { model: name(model), fallback: typeof model.fallback === 'object' ? name(model.fallback) : '' };
}
