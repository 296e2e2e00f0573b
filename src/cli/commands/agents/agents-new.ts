import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import * as z from 'zod';
import { agentDefinition, agentLabel } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import { describeZodError } from '../../../base/schema/schema.ts';
import { agentYaml } from '../../../registry/agent-yaml.ts';
import { inlineAgent } from '../../../runner/contract/request/inline-agent.ts';
import { promptColumns } from '../../../runner/intake/table/prompt-columns.ts';
import { canAsk } from '../../agreement.ts';
import { addQuestionFlags, QUESTION_HELP, type QuestionFlags, questionOf } from '../../arguments/question-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

interface NewArguments extends QuestionFlags {
  save?: boolean;
}

/** `rowmill agents new [NAME]`: defines an agent by a prompt and fields, asked for in a terminal; prints or saves it. */
export function addAgentsNewCommand(agents: Command, context: CommandContext): void {
  const command = newCommand(agents, 'new', 'Define an agent by a prompt and the fields of its answer')
    .argument('[name]', 'its name')
    .option('--save', 'save it, instead of printing its YAML');
  addQuestionFlags(command);
  command.addHelpText('after', HELP).action((name: string | undefined, given: NewArguments) =>
    context.run(async (output) => {
      const isAsking = canAsk(context, output);
      const asked = isAsking ? await askForMissing(name, given, context) : { ...given, name };
      const question = questionOf(asked);
      if (asked.name === undefined || question === undefined) {
        const what = 'agents new NAME --prompt TEXT --output FIELD:TYPE';
        throw new AppError('invalid_arguments', `A name, a prompt and a field are needed: rowmill ${what}.`);
      }
      const app = await context.app();
      const isSaved = asked.save === true;
      const { agent, warnings } = await (isSaved ? app.defineAgent(asked.name, question) : app.runner.define(question));
      for (const warning of warnings) output.note(oneLine(warning));
      if (isSaved) return show(agent, output);
      const fault = nameFault(asked.name);
      if (fault !== undefined) throw new AppError('invalid_arguments', fault);
      const yaml = agentYaml({ ...agent, name: asked.name, version: 'v1' });
      output.document({ yaml });
      output.line(yaml.trimEnd());
      return EXIT.completed;
    }),
  );
}

const HELP = `${QUESTION_HELP}

Without --save it prints the YAML, which can go into an agents.yaml.

Examples:
  rowmill agents new
  rowmill agents new topic --prompt 'Topic of {message}' --output topic:billing|delivery|other --save`;

function show(agent: Parameters<typeof agentLabel>[0], output: Output): number {
  output.document({ agent });
  output.line(`Saved ${agentLabel(agent)}. Run it with: rowmill run TABLE --agent ${agent.name}`);
  return EXIT.completed;
}

function nameFault(name: string): string | undefined {
  const { error } = agentDefinition.shape.name.safeParse(name);
  return error === undefined ? undefined : `"${name}": ${error.issues[0]?.message}.`;
}

function promptFault(prompt: string): string | undefined {
  return faultOf(() => promptColumns(prompt, []));
}

/** @param before the fields that were given: an empty answer ends them, and the first may not be empty */
function fieldFault(field: string, before: readonly string[]): string | undefined {
  if (field === '') return before.length > 0 ? undefined : 'At least one field is needed.';
  return faultOf(() =>
    inlineAgent.shape.fields.parse(questionOf({ prompt: '{x}', output: [...before, field] })?.fields),
  );
}

function faultOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof z.ZodError) return `${describeZodError(thrown).join('; ')}.`;
    if (thrown instanceof AppError) return thrown.message;
    throw thrown;
  }
}

/** Asks in the terminal for what the flags do not say. */
async function askForMissing(
  name: string | undefined,
  given: NewArguments,
  { io }: CommandContext,
): Promise<NewArguments & { name: string | undefined }> {
  if (name !== undefined && given.prompt !== undefined && given.output !== undefined) return { ...given, name };
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  const ask = async (question: string) => (await terminal.question(question)).trim();
  /** Asks again until the answer can be used, with the reason why not. */
  const askFor = async (question: string, faultOf: (answer: string) => string | undefined) => {
    for (;;) {
      const answer = await ask(question);
      const fault = faultOf(answer);
      if (fault === undefined) return answer;
      io.stderr.write(`${oneLine(fault)}\n`);
    }
  };
  try {
    const asked: NewArguments & { name: string | undefined } = {
      ...given,
      name: name ?? (await askFor('Name: ', nameFault)),
    };
    asked.prompt ??= await askFor('Question about one row, with {column} where its cell belongs: ', promptFault);
    if (asked.output === undefined) {
      const fields: string[] = [];
      for (;;) {
        const number = fields.length + 1;
        const field = await askFor(
          `Field ${number} of the answer, such as topic:a|b|c or n:integer${number === 1 ? '' : ' (empty: done)'}: `,
          (answer) => fieldFault(answer, fields),
        );
        if (field === '') break;
        fields.push(field);
      }
      asked.output = fields;
    }
    if (asked.model === undefined) {
      const model = await ask('Model (empty: one of a provider whose key is set): ');
      if (model !== '') asked.model = model;
    }
    asked.save ??= !/^n/i.test(await ask('Save it? (no: print its YAML) [Y/n] '));
    return asked;
  } catch (cause) {
    // The fault gets a line of its own, below the question.
    io.stderr.write('\n');
    throw new AppError('aborted', 'Not defined.', { cause });
  } finally {
    terminal.close();
  }
}
