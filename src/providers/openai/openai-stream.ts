import type OpenAI from 'openai';
import { invalidResponse, type Service, toRefusalFault } from '../shared/service-faults.ts';
import { meaningOf } from './openai-errors.ts';

/**
 * Passes the text of a streamed response on as it arrives.
 * @returns the response in the shape of one that was not streamed
 * @throws AppError `model_response_invalid` when the stream ends early, or the error of its error event
 */
export async function collectStream(
  events: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>,
  onText: (text: string) => void,
  { service, model }: { service: Service; model: string },
): Promise<unknown> {
  for await (const event of events) {
    switch (event.type) {
      case 'response.output_text.delta':
        onText(event.delta);
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return event.response;
      case 'error': {
        const { code, message: said } = event;
        throw toRefusalFault(service, model, {
          status: undefined,
          said,
          code: meaningOf(code, said),
          codes: [code],
          cause: event,
        });
      }
      default:
        // The last event repeats the content of all others.
        break;
    }
  }
  throw invalidResponse(service.name, 'its stream ended before the answer did');
}
