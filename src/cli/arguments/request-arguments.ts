import type { Command } from 'commander';
import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import { METADATA_COLUMNS, type MetadataColumn } from '../../runner/contract/request/mapping.ts';
import { type BatchRequest, batchRequest } from '../../runner/contract/request/request.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { truncate } from '../terminal/terminal-text.ts';
import { agentArgument, collect, columnArguments, commaSeparated, mappingArgument } from './mapping-arguments.ts';
import { type FlagValues, optionsOf, readingFlagsOf } from './option-flags.ts';
import { type QuestionFlags, questionOf } from './question-arguments.ts';

/** The flags that say what a batch does with its rows, by the names that commander gives them. */
export interface RequestFlags extends FlagValues, QuestionFlags {
  agent?: string;
  saveAgent?: string;
  name?: string;
  map?: string[];
  fields?: string[];
  column?: string[];
  metadata?: string[];
}

/** A request as flags ask for it: they may leave open what runs, and say nothing of the table and the output. */
export type AskedOfRows = Omit<BatchRequest, 'csv_uri' | 'output_uri' | 'continues' | 'target'> & {
  target?: BatchRequest['target'];
};

/** Adds the flags that name an agent and the batch. */
export function addAgentFlags(command: Command): Command {
  return command
    .option('-a, --agent <name[@version]>', 'the agent; without @version, its newest version')
    .option('--name <name>', batchRequest.shape.name.unwrap().description);
}

/** Adds the flags of mapping and of the columns of the output. */
export function addMappingFlags(command: Command): Command {
  return command
    .optionsGroup('Mapping:')
    .option('-m, --map <field=how>', 'fill an input field; repeat for more (see below)', collect)
    .option('--fields <a,b>', 'only these output fields become columns', commaSeparated)
    .option('--column <name=expression>', 'an additional column, computed from {row, output}; repeat for more', collect)
    .option('--metadata <a,b>', `columns about each row: ${METADATA_COLUMNS.join(', ')}`, commaSeparated);
}

/** What flags ask for. @throws AppError `invalid_arguments` */
export function askedOfRows(given: RequestFlags): AskedOfRows {
  const target = targetOf(given);
  const options = optionsOf(given);
  const reading = readingFlagsOf(given);
  const output = {
    ...(given.fields !== undefined && { structured_output_fields: given.fields }),
    ...(given.column !== undefined && { columns: columnArguments(given.column) }),
    // The runner's validation names unknown columns.
    ...(given.metadata !== undefined && { metadata: given.metadata as MetadataColumn[] }),
  };
  return {
    ...(Object.keys(reading).length > 0 && { reading }),
    ...(target !== undefined && { target }),
    ...(given.map !== undefined && { input_mapping: mappingArgument(given.map) }),
    ...(Object.keys(output).length > 0 && { output_mapping: output }),
    ...(given.name !== undefined && { name: given.name }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

/** The agent that is named, or the one that the question defines, if any. */
function targetOf(given: RequestFlags): BatchRequest['target'] | undefined {
  const question = questionOf(given);
  if (question === undefined && given.saveAgent !== undefined) {
    throw new AppError('invalid_arguments', '--save-agent saves a question: add --prompt and --output.');
  }
  if (question === undefined && given.agent !== undefined) {
    if (given.model === undefined) return { type: 'agent', ...agentArgument(given.agent) };
    throw new AppError('invalid_arguments', '--model belongs to a question with --prompt; an agent has its own model.');
  }
  if (given.agent !== undefined) {
    throw new AppError('invalid_arguments', 'Give --agent, or a question with --prompt and --output, not both.');
  }
  return question === undefined ? undefined : { type: 'inline', ...question };
}

/** The fault of a request that does not say what runs. */
export function noTarget(agents: readonly AgentDefinition[]): AppError {
  const question = "or ask with --prompt 'Topic of {column}' --output topic:string";
  const text = `It is not said what to run. Name an agent with --agent, ${question}.${agentsText(agents)}`;
  return new AppError('invalid_arguments', text);
}

/** The agents that can be named, a line each; nothing where there is none. */
function agentsText(agents: readonly AgentDefinition[]): string {
  const texts = new Map(
    agents.flatMap(({ name, description, structured_output }) =>
      structured_output.enabled ? [[name, description] as const] : [],
    ),
  );
  const lines = [...texts].map(
    ([name, text]) =>
      `\n  ${[name, truncate(text, 60)]
        .filter((part) => part !== '')
        .map(oneLine)
        .join(': ')}`,
  );
  return lines.length === 0 ? '' : ` The agents are:${lines.join('')}`;
}
