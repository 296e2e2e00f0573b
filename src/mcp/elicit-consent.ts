import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { dollars } from '../base/figures.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { ToolResult } from '../protocol/run.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import { executeOutput } from '../tools/execute/execute-output.ts';

/** The name of the question among the input requests, and of its one field. */
const AGREE = 'agree';

const needing = executeOutput.pick({ needs_confirmation: true });

/**
 * The question to the person behind a client that can show forms, when a tool needs a yes; undefined when it needs none,
 * or the client shows no forms. The SDK asks it in the form of the client's protocol revision: as an input-required
 * result (2026-07-28), or as `elicitation/create` (2025-11-25).
 */
export function consentRequest(
  { structured }: ToolResult,
  { server, context }: { server: McpServer; context: ServerContext },
): InputRequiredResult | undefined {
  if (structured === undefined || !showsForms(server, context)) return undefined;
  const needed = needing.safeParse(structured).data?.needs_confirmation;
  if (needed == null) return undefined;
  const cost = needed.expected_usd === null ? 'unknown' : dollars(needed.expected_usd);
  return inputRequired({
    inputRequests: {
      [AGREE]: inputRequired.elicit({
        message: `${needed.title}. Cost, at the high end of the estimate: ${cost}. Do you agree to spend it?`,
        requestedSchema: {
          type: 'object',
          properties: { [AGREE]: { type: 'boolean', title: 'Yes, start it', default: false } },
          required: [AGREE],
        },
      }),
    },
    // The token is worth nothing before the question is answered, so it needs no protection of its own.
    requestState: needed.confirmation_token,
  });
}

/** The person's answer to an earlier question; undefined when the call carries none. */
export async function consentAnswer(
  { server, context }: { server: McpServer; context: ServerContext },
  confirmations: Confirmations,
): Promise<{ token: string } | 'declined' | undefined> {
  const { mcpReq } = context;
  // A client that shows no forms was never asked.
  if (!showsForms(server, context)) return undefined;
  const token = mcpReq.requestState<string>();
  const answer = inputResponse(mcpReq.inputResponses, AGREE);
  if (typeof token !== 'string' || answer.kind !== 'elicit') return undefined;
  if (answer.action !== 'accept' || answer.content?.[AGREE] !== true) return 'declined';
  const consent = await confirmations.find({ token });
  if (consent !== undefined) await confirmations.agree(consent.code);
  return { token };
}

/** The answer to a model whose person said no. */
export function declined(): ToolResult {
  const error: JsonObject = {
    code: 'confirmation_needed',
    message: 'The person was asked and did not agree. Nothing was started.',
    retryable: false,
  };
  const next = 'Do not ask again on your own. Ask the person what they want to change, such as a smaller sample.';
  return { content: JSON.stringify({ error, next_step: next }), isError: true };
}

function showsForms(server: McpServer, { mcpReq }: ServerContext): boolean {
  // Each request of the newer revision says what its client can do; before it, the connection says it once.
  const envelope: { [key: string]: unknown } | undefined = mcpReq.envelope;
  const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
  const { elicitation } = declared ?? server.server.getClientCapabilities() ?? {};
  if (elicitation === undefined) return false;
  // A client that names no mode shows forms.
  return elicitation.form !== undefined || elicitation.url === undefined;
}
