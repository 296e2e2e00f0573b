import type * as z from 'zod';
import type { ToolContext } from '../agent/tool.ts';
import { AppError, toAppError } from '../base/errors.ts';
import { parseJson } from '../base/json/exact-number.ts';
import { onFirstUse } from '../base/process/on-first-use.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { ToolResult } from '../protocol/run.ts';
import { isUnknownOption } from '../runner/contract/problem.ts';
import type { OrchestratorTool, ToolHints } from './orchestrator-tool.ts';
import { adviceFor } from './show/error-advice.ts';
import { inOptionNames, withOptionNames } from './show/in-option-names.ts';
import { portableSchema } from './tool-schema.ts';

/** The parts of one of the five tools. `run` gets parsed arguments and may throw AppErrors. */
export interface ToolParts<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  hints: ToolHints;
  /** Whether a call can be repeated with its idempotency key without harm. */
  idempotent: boolean;
  timeoutMs?: number;
  input: Input;
  output: Output;
  run(input: z.output<Input>, context: ToolContext): Promise<z.input<Output>>;
}

/**
 * Builds a tool. Its `execute` checks the arguments itself, refinements included.
 * Contract: `execute` never rejects; every fault is an `isError` result with code, message and what to do next.
 */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  parts: ToolParts<Input, Output>,
): OrchestratorTool {
  const { run, ...described } = parts;
  // A start that only answers `initialize` need not wait for them.
  const inputSchema = onFirstUse(() => portableSchema(parts.input, 'input'));
  const outputSchema = onFirstUse(() => portableSchema(parts.output, 'output'));
  return {
    ...described,
    checksInput: true,
    get inputSchema() {
      return inputSchema();
    },
    get outputSchema() {
      return outputSchema();
    },
    async execute(input, context) {
      const parsed = parts.input.safeParse(input);
      if (!parsed.success) return failure(argumentsError(parts.name, parsed.error));
      try {
        // Parsed, so that the text and the structured form can't differ.
        const answer = parseJson(JSON.stringify(await run(parsed.data, context))) as JsonObject;
        const structured = withOptionNames(answer);
        return { content: JSON.stringify(structured), isError: false, structured };
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'internal') context.log.error({ tool: parts.name, err: error }, 'a tool failed');
        return failure(error);
      }
    },
  };
}

/** The result of a call that failed. */
export function failure(error: AppError): ToolResult {
  const content = {
    error: { code: error.code, message: inOptionNames(error.message), retryable: error.retryable },
    next_step: adviceFor(error),
  };
  return { content: JSON.stringify(content), isError: true };
}

function argumentsError(tool: string, error: z.ZodError): AppError {
  const unknownOption = error.issues.some(isUnknownOption);
  const faults = error.issues.slice(0, 20).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${describeIssue(issue)}`;
  });
  return new AppError(
    unknownOption ? 'option_not_supported' : 'invalid_arguments',
    `The arguments of ${tool} are not valid: ${faults.join('; ')}.`,
  );
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  const nested = issue.errors.flatMap((issues) => issues.map((inner) => inner.message));
  return nested.length === 0 ? issue.message : [...new Set(nested)].join('; or ');
}
