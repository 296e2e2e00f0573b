import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import type { AnswerField } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';
import { fieldsOf, schemaOf } from './field-types.ts';

/** The fields as JSON Schema, which can be read, copied, changed and taken. */
export function JsonView({
  fields,
  onTake,
}: {
  fields: readonly AnswerField[];
  onTake: (fields: AnswerField[]) => void;
}) {
  const own = JSON.stringify(schemaOf(fields), null, 2);
  const [typed, setTyped] = useState<{ of: string; text: string }>();
  const [fault, setFault] = useState('');
  const text = typed?.of === own ? typed.text : own;
  const take = () => {
    try {
      onTake(fieldsOf(JSON.parse(text)));
      setTyped(undefined);
      setFault('');
    } catch (thrown) {
      setFault(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  return (
    <section aria-label={messages.schema.json} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex flex-none items-center gap-2 border-line border-b px-4 py-2">
        <h2 className="font-semibold">{messages.schema.json}</h2>
        <span className="ml-auto flex gap-2">
          {text !== own && <Button size="small" label={messages.schema.apply} onClick={take} />}
          <Button
            kind="ghost"
            size="small"
            label={messages.schema.copy}
            onClick={() => void navigator.clipboard?.writeText(text)}
          />
        </span>
      </div>
      {fault !== '' && (
        <div role="alert" className="px-4 pt-2">
          <Note kind="bad">
            {fault} {messages.schema.jsonHint}
          </Note>
        </div>
      )}
      <textarea
        aria-label={messages.schema.jsonLabel}
        className="min-h-80 w-full flex-1 resize-none bg-bg px-4 py-3 font-mono text-12 leading-5 outline-offset-[-2px]"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setTyped({ of: own, text: target.value });
          setFault('');
        }}
      />
    </section>
  );
}
