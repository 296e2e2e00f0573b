import type { Service } from './service.ts';
import { calls, says, talking } from './talk.ts';

const ANSWER = `One row of 12 failed, and running it again costs less than a cent:

| Error | Rows |
| --- | ---: |
| \`model_request_invalid\` | 1 |

The provider refused the message of that row. It will refuse it again until the prompt leaves out what it quotes.

1. Change the prompt in a draft.
2. Run the failed row again.`;

/** A conversation about a batch, as the orchestrator might answer; gives its id. The model answers otherwise from then on. */
export async function addConversation(service: Service, batch: string): Promise<string> {
  service.model.answerWith(
    talking(
      () => calls('monitor_batch_execution', { batch_id: batch }),
      () => calls('get_batch_results', { batch_id: batch, status: 'FAILED' }),
      () => says(ANSWER),
    ),
  );
  const response = await fetch(`${service.url}/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Why did a row fail, and what would it cost to run it again?' }),
  });
  const events = await response.text();
  const [, id] = /"conversation_id":"(conv_\w+)"/.exec(events) ?? [];
  if (id === undefined || !events.includes('event: done')) throw new Error(`The chat failed: ${events}`);
  return id;
}
