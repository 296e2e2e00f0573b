import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/json/canonical-json.ts';
import type { Message } from '../../protocol/messages.ts';
import { withoutNotes } from './spoken-text.ts';

/** A message as a client keeps it: texts only. */
export interface ClientMessage {
  role: 'system' | 'user' | 'assistant';
  text: string;
}

const INSTRUCTIONS = 'The chat program that the person uses sends these instructions with every message:';

/**
 * The digest of a history: equal for histories that differ only in white space at the ends of messages, in messages
 * without text, and in instructions, which may hold the time.
 * @param user whom the client says it speaks for
 */
export function historyDigest(messages: readonly ClientMessage[], user: string | undefined): string {
  const said = messages.flatMap(({ role, text }): [string, string][] => {
    const plain = text.replaceAll('\r\n', '\n').toWellFormed().trim();
    return role === 'system' || plain === '' ? [] : [[role, plain]];
  });
  return createHash('sha256')
    .update(canonicalJson([user ?? null, said]))
    .digest('base64url');
}

/**
 * The messages with which a conversation starts whose client has this history. Instructions are blocks, not a plain
 * text: only plain texts count as the person's own words.
 */
export function startingMessages(history: readonly ClientMessage[]): Message[] {
  const instructions = history.flatMap(({ role, text }) => (role === 'system' && text.trim() !== '' ? [text] : []));
  const said = history.flatMap(({ role, text: given }): Message[] => {
    const text = (role === 'assistant' ? withoutNotes(given) : given).toWellFormed();
    if (role === 'system' || text.trim() === '') return [];
    return [role === 'user' ? { role, content: text } : { role, content: [{ type: 'text', text }] }];
  });
  // A transcript starts with the user; a greeting of the client before that is no answer of the model.
  const first = said.findIndex(({ role }) => role === 'user');
  const rest = first === -1 ? [] : said.slice(first);
  if (instructions.length === 0) return rest;
  const text = [INSTRUCTIONS, ...instructions].join('\n\n').toWellFormed();
  return [{ role: 'user', content: [{ type: 'text', text }] }, ...rest];
}
