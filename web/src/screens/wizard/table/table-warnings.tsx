import type { Schemas } from '../../../data/api.ts';
import { formatCount } from '../../../data/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import type { Reading } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';

interface TableWarningsProps {
  warnings: Schemas['TableAnalysis']['warnings'];
  /** The options by which the table is read better. */
  suggested: Reading | undefined;
  onTake: (reading: Reading) => void;
}

/** What is irregular in the table, with its line, and the reading that mends it. */
export function TableWarnings({ warnings: all, suggested, onTake }: TableWarningsProps) {
  // The control of the sheet says it, in the words of the page.
  const warnings = all.filter(({ code }) => code !== 'other_sheets');
  if (warnings.length === 0) return null;
  return (
    <div className="grid gap-2">
      <h2 className="font-semibold">{messages.data.warnings(warnings.length)}</h2>
      {warnings.map(({ code, message, line }) => (
        <Note key={`${code} ${message}`} kind="warn">
          {line !== null && !message.includes(`line ${line}`) && !message.includes(`line ${formatCount(line)}`) && (
            <b className="font-semibold">{messages.data.line(line)}: </b>
          )}
          {message}
        </Note>
      ))}
      {suggested !== undefined && (
        <div>
          <Button size="small" label={messages.data.suggestion} onClick={() => onTake(suggested)} />
        </div>
      )}
    </div>
  );
}
