import { useState } from 'react';
import type { BatchReport } from '../../data/batches.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input } from '../../ui/field.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { messages } from './messages.ts';
import { useTuning } from './use-tuning.ts';

/** Changes the cap of the batch's cost. */
export function CapDialog({ batch, onClose }: { batch: BatchReport; onClose: () => void }) {
  const [text, setText] = useState(String(batch.options.max_cost_usd ?? ''));
  const change = useTuning(batch, onClose);
  const usd = Number(text);
  const isGood = /^\d+(\.\d+)?$/.test(text.trim()) && usd > 0;
  const save = () => isGood && change.mutate({ max_cost_usd: usd });
  return (
    <Dialog
      open
      onClose={onClose}
      title={messages.capTitle}
      description={messages.capText}
      actions={
        <Button
          writes
          kind="primary"
          label={isGood ? messages.capDo(text.trim()) : messages.capChange}
          disabled={!isGood || change.isPending}
          onClick={save}
        />
      }
    >
      <Field label={messages.capLabel} error={text !== '' && !isGood ? messages.capWrong : undefined}>
        <Input
          inputMode="decimal"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={({ key }) => key === 'Enter' && save()}
        />
      </Field>
      {change.error !== null && <ErrorState error={change.error} kept={messages.kept} />}
    </Dialog>
  );
}
