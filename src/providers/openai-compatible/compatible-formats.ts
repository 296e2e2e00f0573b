import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ModelResponse } from '../../protocol/messages.ts';
import type { SentRequest } from '../shared/answer-format.ts';
import type { Service } from '../shared/service-faults.ts';

/** What is known of the models of one server: whether they take the format of an answer. */
interface FormatKnowledge {
  /** False once a model's server has refused the format, or ignored it before any answer followed it. */
  mayTake(model: string): boolean;
  /** The fault unchanged, or a retryable one because the next request has no format. */
  afterFault(sent: SentRequest, thrown: unknown): unknown;
  /** Learns from an answer whether the server follows the format. */
  learn(sent: SentRequest, response: ModelResponse): void;
}

/** DeepSeek, Groq and others name the parameter; vLLM and llama.cpp name the schema or their grammar. */
const NAMES_FORMAT = /response_?format|json_schema|structured|guided|grammar|\bschema\b/i;

/** The knowledge starts empty: servers don't say what they take, so the first rows of each process find out. */
export function createFormatKnowledge({ name: server }: Service, log: Log): FormatKnowledge {
  const without = new Set<string>();
  const following = new Set<string>();
  const giveUp = (model: string, reason: string) => {
    if (!without.has(model)) {
      log.warn(
        { server, model, reason },
        'the server does not take the format of an answer; answers are tool calls from now on',
      );
    }
    without.add(model);
  };
  return {
    mayTake: (model) => !without.has(model),
    afterFault({ model, format }, thrown) {
      const isRefusal =
        thrown instanceof AppError && thrown.code === 'model_request_invalid' && NAMES_FORMAT.test(thrown.message);
      if (format === undefined || !isRefusal) return thrown;
      giveUp(model, thrown.message);
      return new AppError(thrown.code, thrown.message, { retryable: true, cause: thrown });
    },
    learn(sent, response) {
      if (sent.format === undefined || following.has(sent.model)) return;
      if (follows(sent, response)) following.add(sent.model);
      else if (response.stopReason === 'end_turn' || response.stopReason === 'tool_use') {
        giveUp(sent.model, 'the first answer did not follow it');
      }
    },
  };
}

/** A server that ignores the schema never shows it to the model, which can't guess the names of its fields. */
function follows({ format }: SentRequest, { content }: ModelResponse): boolean {
  const call = content.find((block) => block.type === 'tool_use' && block.name === format?.name);
  if (format === undefined || call?.type !== 'tool_use') return false;
  const { required = [] } = format.inputSchema as { required?: string[] };
  return required.every((name) => Object.hasOwn(call.input as object, name));
}
