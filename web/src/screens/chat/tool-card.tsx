import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, bodyOf } from '../../data/api.ts';
import type { ToolEntry } from '../../data/chat/entry.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { BigText } from '../batch/row/big-text.tsx';
import { messages } from './messages.ts';
import { batchOf, draftOf, summaryOf } from './tool-facts.ts';

/** A call of a tool: its name, how long it took, what it answered, and the way to what it is about. */
export function ToolCard({ entry, isOver }: { entry: ToolEntry; isOver: boolean }) {
  const { name, input, outcome } = entry;
  const [isOpen, setOpen] = useState(false);
  const summary = summaryOf(entry);
  const state = outcome === undefined ? (isOver ? 'failed' : 'running') : outcome.isError ? 'failed' : 'done';
  return (
    <div className="border-line-2 border-l-2 pl-3 text-12">
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary className="block cursor-default">
          <span className="flex items-center gap-2">
            <Icon name={ICONS[state].name} className={`size-3.5 ${ICONS[state].mark}`} />
            <code className="cut text-11/4">{name}</code>
            <span className="sr-only">{messages.tool[state]}</span>
            {outcome?.durationMs != null && (
              <span className="ml-auto flex-none text-ink-3 tabular-nums">{seconds(outcome.durationMs)}</span>
            )}
          </span>
          {summary !== undefined && (
            <span className="mt-0.5 line-clamp-3 block text-ink-2 [overflow-wrap:anywhere]">{summary}</span>
          )}
        </summary>
        {isOpen && (
          <div className="grid gap-1 py-2">
            <h3 className="text-ink-2">{messages.tool.input}</h3>
            <Json value={input} name={`${name}-input`} />
            {outcome !== undefined && (
              <>
                <h3 className="text-ink-2">{messages.tool.result}</h3>
                <Json value={outcome.content} name={`${name}-answer`} />
              </>
            )}
          </div>
        )}
      </details>
      <Ways entry={entry} />
    </div>
  );
}

const ICONS = {
  running: { name: 'running', mark: 'text-accent' },
  done: { name: 'check', mark: 'text-ok' },
  failed: { name: 'failed', mark: 'text-bad' },
} as const;

/** Where the call leads: its batch, or a draft of the batch that it planned. */
function Ways({ entry }: { entry: ToolEntry }) {
  const navigate = useNavigate();
  const draft = draftOf(entry);
  const batch = batchOf(entry);
  const make = useMutation({
    mutationFn: (request: object) =>
      bodyOf(api.POST('/v1/drafts', { body: { request: { ...request } as Record<string, never> } })),
    onSuccess: ({ draft_id: draftId }) => navigate({ to: '/new/$draftId', params: { draftId } }),
  });
  if (draft === undefined && batch === undefined) return null;
  return (
    <>
      <div className="mt-1 flex gap-2">
        {batch !== undefined && (
          <Link to="/batches/$id/rows" params={{ id: batch }} className={buttonClass({ size: 'small' })}>
            {messages.tool.openBatch}
          </Link>
        )}
        {draft !== undefined && (
          <Button
            size="small"
            writes
            label={draft.isWhole ? messages.tool.openDraft : messages.tool.makeDraft}
            disabled={make.isPending}
            onClick={() => make.mutate(draft.request)}
          />
        )}
      </div>
      {make.error !== null && <ErrorState error={make.error} />}
    </>
  );
}

function Json({ value, name }: { value: unknown; name: string }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <div className="font-mono text-11">
      <BigText text={text} name={name} />
    </div>
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
