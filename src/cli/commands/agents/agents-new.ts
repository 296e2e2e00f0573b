import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { agentDefinition, agentLabel } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import { agentYaml } from '../../../registry/agent-yaml.ts';
import { canAsk } from '../../agreement.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { addQuestionFlags, QUESTION_HELP, type QuestionFlags, questionOf } from '../../question-arguments.ts';
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
      const { agent, warnings } = await app.runner.define(question);
      for (const warning of warnings) output.note(oneLine(warning));
      if (asked.save === true) return show(await app.saveAgent(asked.name, agent), output);
      const { data: checked, error } = agentDefinition.shape.name.safeParse(asked.name);
      if (error !== undefined) throw new AppError('invalid_arguments', `"${asked.name}": ${error.issues[0]?.message}.`);
      const yaml = agentYaml({ ...agent, name: checked, version: 'v1' });
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

/** Asks in the terminal for what the flags do not say. */
async function askForMissing(
  name: string | undefined,
  given: NewArguments,
  { io }: CommandContext,
): Promise<NewArguments & { name: string | undefined }> {
  if (name !== undefined && given.prompt !== undefined && given.output !== undefined) return { ...given, name };
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  const ask = async (question: string) => (await terminal.question(question)).trim();
  try {
    const asked: NewArguments & { name: string | undefined } = { ...given, name: name ?? (await ask('Name: ')) };
    asked.prompt ??= await ask('Question about one row, with {column} where its cell belongs: ');
    if (asked.output === undefined) {
      const fields: string[] = [];
      for (;;) {
        const field = await ask(
          `Field ${fields.length + 1} of the answer, such as topic:a|b|c or n:integer (empty: done): `,
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
    throw new AppError('aborted', 'Not defined.', { cause });
  } finally {
    terminal.close();
  }
}
