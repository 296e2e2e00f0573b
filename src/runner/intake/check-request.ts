import type * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { type Problem, problemsOf } from '../contract/problem.ts';
import { type BatchRequest, batchRequest } from '../contract/request/request.ts';

/**
 * Checks a request by the contract and collects every fault. The returned request lacks the faulty parts, so that the
 * rest can be checked too. It is null when a required part is faulty.
 */
export function checkRequest(given: BatchRequest): { request: BatchRequest | null; problems: Problem[] } {
  const parsed = batchRequest.safeParse(given);
  if (parsed.success) return { request: parsed.data, problems: [] };
  const rest = structuredClone(given) as Record<string, unknown>;
  for (const { path, ...issue } of parsed.error.issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    leaveOut(rest, [...path, ...keys.slice(0, 1)]);
    for (const key of keys.slice(1)) leaveOut(rest, [...path, key]);
  }
  return { request: batchRequest.safeParse(rest).data ?? null, problems: problemsOf(parsed.error) };
}

/** Removes a single option, or any other field as a whole. */
function leaveOut(request: Record<string, unknown>, path: PropertyKey[]): void {
  const [field, option] = path.map(String);
  const options = request['options'];
  if (field === 'options' && option !== undefined && typeof options === 'object' && options !== null) {
    Reflect.deleteProperty(options, option);
  } else if (field !== undefined) delete request[field];
}

/**
 * Parses the argument of a public function of the runner.
 * @throws AppError the first fault's code, with every fault in the message
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return data as z.output<Schema>;
  const problems = problemsOf(error);
  throw new AppError(problems[0]?.code ?? 'invalid_arguments', problems.map(({ message }) => message).join('\n'));
}
