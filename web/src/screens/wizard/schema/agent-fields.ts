import type { Schemas } from '../../../data/api.ts';
import type { AnswerField } from '../draft/draft-request.ts';
import { fieldFaults } from './field-faults.ts';
import { fieldsOf } from './field-types.ts';

/** The fields that an agent answers with; undefined where its schema says what fields can't. */
export function agentFields({ output_schema: schema }: Schemas['AgentDetails']): AnswerField[] | undefined {
  try {
    const fields = fieldsOf(schema);
    return fieldFaults(fields).length === 0 ? fields : undefined;
  } catch {
    return undefined;
  }
}
