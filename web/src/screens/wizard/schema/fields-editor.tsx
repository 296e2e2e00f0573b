import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button } from '../../../ui/button.tsx';
import type { AnswerField } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';
import { useProgress } from '../use-progress.ts';
import { FieldsTable } from './fields-table.tsx';
import { JsonView } from './json-view.tsx';
import { TestPanel } from './test-panel.tsx';

interface FieldsEditorProps {
  fields: readonly AnswerField[];
  onChange: (fields: AnswerField[], group?: string) => void;
  /** Beside the title. */
  beside: ReactNode;
  /** Between the title and the fields. */
  children?: ReactNode;
}

/** The fields of the answer as a table and as JSON Schema, with the test of three rows. */
export function FieldsEditor({ fields, onChange, beside, children }: FieldsEditorProps) {
  const { view = 'fields' } = useSearch({ from: '/new/$draftId/schema' });
  const navigate = useNavigate({ from: '/new/$draftId/schema' });
  const { blocks } = useProgress();
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(320px,28%)] max-lg:flex max-lg:flex-col">
      <div className="flex flex-none gap-1 border-line border-b px-4 py-1.5 lg:hidden">
        {(['fields', 'json'] as const).map((one) => (
          <Button
            key={one}
            size="small"
            kind={one === view ? 'plain' : 'ghost'}
            aria-pressed={one === view}
            label={messages.schema[one]}
            onClick={() => void navigate({ search: (old) => ({ ...old, view: one }) })}
          />
        ))}
      </div>
      <div className={`min-h-0 min-w-0 overflow-auto ${view === 'json' ? 'max-lg:hidden' : ''}`}>
        <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">
          <h2 className="font-semibold">{messages.schema.title}</h2>
          {beside}
        </div>
        {children}
        <FieldsTable fields={fields} onChange={onChange} />
        <TestPanel fields={fields} block={blocks.prompt ?? blocks.schema} />
      </div>
      <div
        className={`flex min-h-0 min-w-0 flex-col border-line border-l max-lg:flex-1 max-lg:border-l-0 ${view === 'fields' ? 'max-lg:hidden' : ''}`}
      >
        <JsonView fields={fields} onTake={onChange} />
      </div>
    </div>
  );
}
