import type { AnswerField } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';

/** What is wrong with one field of the answer. */
export interface FieldFault {
  /** The number of the field, from 0; -1 for all of them. */
  at: number;
  part: 'name' | 'values' | 'fields';
  message: string;
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** What is wrong with the fields of the answer, in their order. */
export function fieldFaults(fields: readonly AnswerField[]): FieldFault[] {
  if (fields.length === 0) return [{ at: -1, part: 'name', message: messages.schema.noField }];
  return fields.flatMap(({ name, values, fields: inner }, at): FieldFault[] => {
    const faults: FieldFault[] = [];
    if (!NAME.test(name)) faults.push({ at, part: 'name', message: messages.schema.nameFault });
    else if (fields.findIndex((other) => other.name === name) < at) {
      faults.push({ at, part: 'name', message: messages.schema.nameTwice(name) });
    }
    if (values?.length === 0) faults.push({ at, part: 'values', message: messages.schema.noValues });
    // Faults of inner fields stand at them; here they only count.
    if (inner !== undefined) for (const { message } of fieldFaults(inner)) faults.push({ at, part: 'fields', message });
    return faults;
  });
}
