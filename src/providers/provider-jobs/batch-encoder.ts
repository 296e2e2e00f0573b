import type { SentRequest } from '../shared/answer-format.ts';

/** Writes the body of a request as JSON. */
type EncodeBody = (request: SentRequest, isStrict: boolean) => string;

/** The fields of a request on which its constant part depends. A format belongs to its list of tools. */
interface Constant extends Pick<SentRequest, 'model' | 'system' | 'tools' | 'maxTokens'> {
  sampling: SentRequest['sampling'] | undefined;
  isStrict: boolean;
}

/**
 * Encodes bodies of many requests that differ only in their messages. The rest (instructions and tools) is written once
 * for as long as it stays the same: it is most of a line, and most of the time that a line takes.
 * @param toBody the whole body
 * @param field the field of the body that holds the messages
 * @param toField that field alone
 */
export function createBodyEncoder(
  toBody: (request: SentRequest, isStrict: boolean) => object,
  field: string,
  toField: (request: SentRequest, isStrict: boolean) => unknown,
): EncodeBody {
  let last: Constant | undefined;
  let head = '';
  return (request, isStrict) => {
    const { model, system, tools, maxTokens, sampling } = request;
    const isSame =
      last?.tools === tools &&
      last.system === system &&
      last.model === model &&
      last.maxTokens === maxTokens &&
      last.sampling === sampling &&
      last.isStrict === isStrict;
    if (!isSame) {
      head = JSON.stringify({ ...toBody({ ...request, messages: [] }, isStrict), [field]: undefined }).slice(0, -1);
      last = { model, system, tools, maxTokens, sampling, isStrict };
    }
    return `${head},"${field}":${JSON.stringify(toField(request, isStrict))}}`;
  };
}
