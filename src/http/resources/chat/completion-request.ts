import { z } from '@hono/zod-openapi';
import type { ClientMessage } from '../../../agent/conversation/client-history.ts';
import { AppError, type Fault } from '../../../base/errors.ts';

const part = z.looseObject({ type: z.string(), text: z.string().optional() });

const message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z.union([z.string(), z.array(part)]).nullish(),
  })
  .openapi('ChatCompletionMessage');

/** The body of `POST /v1/chat/completions`. Not strict: clients of OpenAI's API send many parameters. */
export const completionRequest = z
  .looseObject({
    model: z
      .string()
      .min(1)
      .default('orchestrator')
      .openapi({ description: '`orchestrator`, or the name of an agent, which answers the last message alone.' }),
    messages: z.array(message).min(1).max(10_000),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    n: z.int().nullish(),
    user: z.string().max(1000).nullish().openapi({ description: 'Whom the client speaks for.' }),
    tools: z.array(z.unknown()).nullish(),
    tool_choice: z.unknown().optional(),
    functions: z.array(z.unknown()).nullish(),
    response_format: z.looseObject({ type: z.string() }).nullish(),
    stop: z.union([z.string(), z.array(z.string())]).nullish(),
    logprobs: z.boolean().nullish(),
    modalities: z.array(z.string()).nullish(),
  })
  .openapi('ChatCompletionRequest', {
    description:
      'The request of OpenAI’s chat completions. Parameters that are not listed, such as temperature or max_tokens, are ignored: the agent has its own.',
  });

export type CompletionRequest = z.output<typeof completionRequest>;

/**
 * The messages of a request, as texts; the last one is the person's.
 * @throws AppError `invalid_arguments`, `option_not_supported`
 */
export function clientMessages(request: CompletionRequest): ClientMessage[] {
  refuseUnsupported(request);
  const { messages } = request;
  const read = messages.map(({ role, content }, index): ClientMessage => {
    const place = `body.messages[${index}]`;
    if (role === 'tool' || role === 'function') {
      const message = 'Results of tools of the client are not available: the server runs its own tools.';
      throw notSupported({ place: `${place}.role`, message, fix: 'Turn off tools in the chat program.' });
    }
    return { role: role === 'developer' ? 'system' : role, text: textOf(content ?? '', place) };
  });
  const last = read.at(-1);
  if (last?.role !== 'user' || last.text.trim() === '') {
    const message = 'The last message must be of the user, with text.';
    const place = `body.messages[${read.length - 1}]`;
    throw new AppError('invalid_arguments', `${place}: ${message}`, { faults: [{ place, message }] });
  }
  return read;
}

function textOf(content: string | z.output<typeof part>[], place: string): string {
  if (typeof content === 'string') return content;
  return content
    .map(({ type, text }, index) => {
      if (type === 'text' && text !== undefined) return text;
      const message = `A part of type "${type}" is not available: messages are texts.`;
      const fix = 'Name the place of a file in the text, or upload it and name its upload:// address.';
      throw notSupported({ place: `${place}.content[${index}]`, message, fix });
    })
    .join('\n');
}

/** Parameters that change what an answer means are refused; ignoring them would give a wrong one. */
function refuseUnsupported(request: CompletionRequest): void {
  const { n, tools, functions, tool_choice: choice, response_format: format, stop, logprobs, modalities } = request;
  const hasTools = (tools ?? []).length > 0 && choice !== 'none';
  const checks: [boolean, string, string, string][] = [
    [(n ?? 1) !== 1, 'n', 'One answer is given to a request.', 'Send n: 1, or leave it out.'],
    [
      hasTools || (functions ?? []).length > 0,
      hasTools ? 'tools' : 'functions',
      'Tools of the client are not available: the server runs its own tools.',
      'Turn off tools (functions, MCP servers, native function calling) for this model in the chat program.',
    ],
    [
      format !== undefined && format !== null && format.type !== 'text',
      'response_format',
      'The orchestrator answers in text, and each other agent by its own schema.',
      'Leave it out.',
    ],
    [
      stop !== undefined && stop !== null && stop.length > 0,
      'stop',
      'Stop sequences are not available.',
      'Leave it out.',
    ],
    [logprobs === true, 'logprobs', 'Log probabilities are not available.', 'Leave it out.'],
    [(modalities ?? []).some((one) => one !== 'text'), 'modalities', 'Answers are texts.', 'Send ["text"].'],
  ];
  const faults = checks.flatMap(([isWrong, name, message, fix]): Fault[] =>
    isWrong ? [{ place: `body.${name}`, message, fix }] : [],
  );
  const [first] = faults;
  if (first !== undefined) throw notSupported(first, faults);
}

function notSupported(fault: Fault, faults: readonly Fault[] = [fault]): AppError {
  return new AppError('option_not_supported', `${fault.place}: ${fault.message} ${fault.fix ?? ''}`.trim(), { faults });
}
