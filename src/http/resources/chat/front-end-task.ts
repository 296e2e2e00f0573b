import type { ClientMessage } from '../../../agent/conversation/client-history.ts';

/**
 * The starts of the requests that chat programs make on their own, for a title, tags or follow-up questions.
 * Open WebUI (backend/open_webui/config.py, DEFAULT_*_PROMPT_TEMPLATE) begins all with "### Task:" and quotes the chat;
 * its prompt for documents begins so too, and is a message of the person. LibreChat: packages of @librechat/agents,
 * title.ts.
 */
const TASKS: readonly RegExp[] = [
  /^### Task:\s+(?!Respond to the user query)[\s\S]*(<chat_history>|autocompletion system)/i,
  /^(Provide|Please generate|Write|Generate) an? (concise|short)[^.\n]{0,60}title\b[^.\n]{0,40}conversation/i,
  /^Analyze this conversation and provide:/i,
];

/** Whether a request is one that the chat program makes on its own: it has no history beside its instructions. */
export function isFrontEndTask(messages: readonly ClientMessage[]): boolean {
  const said = messages.filter(({ role }) => role !== 'system');
  const [only] = said;
  return only !== undefined && said.length === 1 && TASKS.some((task) => task.test(only.text.trimStart()));
}
