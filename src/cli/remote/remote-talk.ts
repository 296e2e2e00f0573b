import type {
  ConversationEvent,
  ConversationSummary,
  Conversations,
  ReadConversation,
} from '../../agent/conversation/conversation.ts';
import type { ConversationReport } from '../../agent/conversation/conversation-report.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import { type RowmillClient, readEvents } from '../../client/client.ts';
import type { Confirmations } from '../../tools/execute/confirmations.ts';
import { notRemote, partly } from './not-remote.ts';
import { pageAfter } from './remote-batches.ts';
import type { Unasked } from './remote-runner.ts';
import { answerOf, bytesOf } from './server-call.ts';

const parseAs = 'text' as const;

/** Conversations with the orchestrator of a server. */
export function createRemoteConversations(client: RowmillClient): Conversations {
  return {
    async *send({ conversationId, message, before, signal }) {
      if (before !== undefined) throw notRemote('A history of messages');
      const body = { message, ...(conversationId !== undefined && { conversation_id: conversationId }) };
      try {
        const stream = await bytesOf(client.POST('/v1/chat', { body, signal, parseAs: 'stream' }));
        let isEnded = false;
        for await (const { event, data } of readEvents(stream)) {
          if (event === 'stopping') break;
          const sent = JSON.parse(data) as ConversationEvent;
          isEnded = sent.type === 'done' || sent.type === 'error';
          yield sent;
        }
        if (!isEnded) throw brokenOff();
      } catch (thrown) {
        const { code, message: text } = signal.aborted ? toAppError(signal.reason) : toAppError(thrown);
        yield { type: 'error', code, message: text };
      }
    },
    async list({ limit, before }) {
      const found = await pageAfter<ConversationReport>(
        (cursor, most) => {
          const query = { limit: most, ...(cursor !== undefined && { cursor }) };
          return answerOf(client.GET('/v1/conversations', { params: { query }, parseAs }));
        },
        { before: before?.id, limit, idOf: ({ id }) => id },
      );
      return found.map(summaryOf);
    },
    read: (id) =>
      answerOf<ReadConversation>(client.GET('/v1/conversations/{id}', { params: { path: { id } }, parseAs })),
  };
}

function brokenOff(): AppError {
  return new AppError('aborted', 'The server ended the answer. What was said is kept: send the message again.');
}

function summaryOf({
  created_at,
  updated_at,
  message_count,
  first_message,
  ...rest
}: ConversationReport): ConversationSummary {
  return {
    ...{ ...rest, messageCount: message_count, firstMessage: first_message },
    ...{ createdAt: Date.parse(created_at), updatedAt: Date.parse(updated_at) },
  };
}

interface ShownQuestion {
  title: string;
  expected_usd: number | null;
  expires_at: string;
  is_agreed: boolean;
}

/** The agreement of a person at this machine to what a server asks. */
export function createRemoteConfirmations(
  client: RowmillClient,
  { url, unasked }: { url: string; unasked: Unasked },
): Confirmations {
  const about = (code: string) => ({ params: { path: { code } }, parseAs });
  const ifOpen = <Value>(asked: Promise<Value>): Promise<Value | undefined> =>
    asked.catch((thrown: unknown) => {
      if (toAppError(thrown).code === 'not_found') return undefined;
      throw thrown;
    });
  return partly<Confirmations>('This', {
    async find(by) {
      if (!('code' in by)) throw notRemote('A confirmation by its token');
      const { code } = by;
      const asked = answerOf<ShownQuestion>(client.GET('/v1/confirmations/{code}', about(code)));
      const shown = await ifOpen(asked);
      if (shown === undefined) return undefined;
      const { title, expected_usd: expectedUsd, expires_at: expires, is_agreed: isAgreed } = shown;
      return { token: '', code, title, expectedUsd, expiresAt: Date.parse(expires), isAgreed };
    },
    async agree(code) {
      // The server takes a yes from its own page only, which is what a terminal with its key replaces.
      const headers = { origin: new URL(url).origin };
      const body = { agree: true } as const;
      const agreed = answerOf(client.POST('/v1/confirmations/{code}', { ...about(code), headers, body }));
      return (await ifOpen(agreed.then(() => true))) ?? false;
    },
    // The server counts it when the action is sent without an accepted cost.
    async startUnasked({ batchId }) {
      unasked.add(batchId);
      return { counted: true, sumUsd: 0 };
    },
  });
}
