// A `module` tool: a file that exports `tool`. It runs in a thread of its own: an endless loop or process.exit fail the call.
// `inputSchema` may also be a zod schema; `execute` may be async, and what it throws is told to the model.

const HOURS = { urgent: 2, high: 8, normal: 24, low: 72 };

export const tool = {
  name: 'answer_deadline',
  description: 'Tells by when a message has to be answered: hours by priority, and never on a weekend.',
  inputSchema: {
    type: 'object',
    properties: {
      priority: { type: 'string', enum: ['low', 'normal', 'high', 'urgent'] },
      received: { type: 'string', description: 'When the message came in, ISO 8601.' },
    },
    required: ['priority', 'received'],
    additionalProperties: false,
  },
  // Calling it twice does no harm, so a call that was interrupted is simply repeated.
  idempotent: true,
  execute({ priority, received }) {
    const at = new Date(received);
    if (Number.isNaN(at.getTime())) throw new Error(`"${received}" is no date; give it as 2026-11-20T09:00:00Z.`);
    at.setUTCHours(at.getUTCHours() + HOURS[priority]);
    while (at.getUTCDay() === 0 || at.getUTCDay() === 6) at.setUTCDate(at.getUTCDate() + 1);
    return { answer_by: at.toISOString() };
  },
};
