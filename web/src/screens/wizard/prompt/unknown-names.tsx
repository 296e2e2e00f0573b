import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import { questionOf, withRoles } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { messages } from '../messages.ts';
import { PARAM_PREFIX } from './param-prefix.ts';
import { renameToken, type UnknownToken } from './prompt-tokens.ts';
import { useKnownNames } from './use-known-names.ts';

/** Tokens that name nothing: where, what, and the fix at one click. */
export function UnknownNames() {
  const { draft, request } = useDraft();
  const { unknown, known, columns } = useKnownNames();
  const question = questionOf(request);
  if (unknown.length === 0) return null;
  const replace = (from: string, to: string) =>
    draft.change({ ...request, target: { ...question, prompt: renameToken(question.prompt, from, to, known) } });
  return (
    <div role="alert" className="grid flex-none gap-1 p-4">
      {firsts(unknown).map(({ name, line, near, isIgnored }) => (
        <Note key={name} kind="bad">
          <b className="font-semibold text-ink">
            {causeOf(name, line, isIgnored)} <code>{name}</code>.
          </b>{' '}
          {isIgnored ? (
            <Button
              size="small"
              label={messages.prompt.include}
              onClick={() => draft.change(withRoles(request, columns, new Map([[name, 'prompt']])))}
            />
          ) : (
            near !== undefined && (
              <>
                {messages.prompt.meant} <code>{near}</code>?{' '}
                <Button size="small" label={messages.prompt.replace} onClick={() => replace(name, near)} />
              </>
            )
          )}
        </Note>
      ))}
    </div>
  );
}

function causeOf(name: string, line: number, isIgnored: boolean): string {
  if (isIgnored) return messages.prompt.ignored(line);
  return name.startsWith(PARAM_PREFIX) ? messages.prompt.unknownParam(line) : messages.prompt.unknown(line);
}

/** Each name once. */
function firsts(unknown: readonly UnknownToken[]): UnknownToken[] {
  return unknown.filter(({ name }, index) => unknown.findIndex((other) => other.name === name) === index);
}
