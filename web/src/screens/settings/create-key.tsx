import { type FormEvent, useState } from 'react';
import type { Schemas } from '../../data/api.ts';
import { useCreateKey } from '../../data/keys.ts';
import { ProblemError } from '../../data/problem-error.ts';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import { Select } from '../../ui/select.tsx';
import { messages } from './messages.ts';

const { form, made } = messages.keys;
type Scope = NonNullable<Schemas['KeyRequest']['scope']>;
const SCOPES: Scope[] = ['read', 'run', 'admin'];

/** Makes a key, and shows it once. */
export function CreateKey({ isFirst, onClose }: { isFirst: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<Schemas['NewKey']>();
  if (created !== undefined) return <MadeKey created={created} isFirst={isFirst} onClose={onClose} />;
  return <KeyForm isFirst={isFirst} onClose={onClose} onCreated={setCreated} />;
}

function KeyForm(props: { isFirst: boolean; onClose: () => void; onCreated: (key: Schemas['NewKey']) => void }) {
  const { isFirst, onClose, onCreated } = props;
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>(isFirst ? 'admin' : 'run');
  const [budget, setBudget] = useState('');
  const create = useCreateKey(isFirst);
  const isBudget = budget.trim() === '' || /^\d+([.,]\d+)?$/.test(budget.trim());
  const { error } = create;
  const isNameFault =
    error instanceof ProblemError && (error.code === 'name_taken' || error.faults[0]?.place === 'body.name');

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const usd = Number(budget.trim().replace(',', '.'));
    create.mutate(
      { name: name.trim(), scope, ...(budget.trim() !== '' && { budget_usd_per_day: usd }) },
      { onSuccess: onCreated },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={form.title}
      actions={
        <>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            type="submit"
            form="create-key"
            kind="primary"
            writes
            label={form.action}
            disabled={name.trim() === '' || !isBudget || create.isPending}
          />
        </>
      }
    >
      <form id="create-key" onSubmit={submit} className="grid gap-4">
        <Field label={form.name} hint={form.nameHint} error={isNameFault ? error.message : undefined}>
          <Input value={name} maxLength={100} autoComplete="off" onChange={({ target }) => setName(target.value)} />
        </Field>
        <Field label={form.scope}>
          <Select
            label={form.scope}
            choices={SCOPES.map((value) => ({ value, label: form.scopes[value] }))}
            value={scope}
            onChange={setScope}
          />
        </Field>
        <Field label={form.budget} hint={form.budgetHint} error={isBudget ? undefined : form.budgetBad}>
          <Input
            inputMode="decimal"
            autoComplete="off"
            value={budget}
            onChange={({ target }) => setBudget(target.value)}
          />
        </Field>
        {error !== null && !isNameFault && <Note kind="bad">{error.message}</Note>}
      </form>
    </Dialog>
  );
}

function MadeKey(props: { created: Schemas['NewKey']; isFirst: boolean; onClose: () => void }) {
  const { created, isFirst, onClose } = props;
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(created.secret);
    setCopied(true);
  };
  return (
    <Dialog
      open
      mustChoose
      onClose={onClose}
      title={made.title(created.name)}
      description={made.text}
      actions={<Button kind="primary" label={made.done} onClick={onClose} />}
    >
      <div className="grid gap-4">
        <div className="flex items-center gap-2">
          <Input
            readOnly
            aria-label={made.label}
            value={created.secret}
            className="font-mono text-12"
            onFocus={({ target }) => target.select()}
          />
          {/* Plain HTTP beyond localhost has no clipboard: the text can still be selected. */}
          {navigator.clipboard !== undefined && (
            <Button label={isCopied ? made.copied : made.copy} onClick={() => void copy()} />
          )}
        </div>
        {isFirst && <Note kind="ok">{made.signedIn}</Note>}
      </div>
    </Dialog>
  );
}
