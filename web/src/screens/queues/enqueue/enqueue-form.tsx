import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { agentQuery, useAgents } from '../../../data/agents.ts';
import type { Schemas } from '../../../data/api.ts';
import { useEnqueueJob } from '../../../data/jobs.ts';
import { shared } from '../../../messages/shared.ts';
import { Button } from '../../../ui/button.tsx';
import { Chip, Chips } from '../../../ui/chip.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, Input, TextArea } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { ErrorState, Loading } from '../../../ui/states.tsx';
import { fieldsOf } from '../../agents/schema-fields.tsx';
import { TrialFields } from '../../agents/trial-fields.tsx';
import { messages } from '../messages.ts';
import { INPUT, type JobValues, jsonOf, NEW_JOB, readJob, serverFaults } from './job-values.ts';

const { enqueue: words } = messages;
const PRIORITIES = Array.from({ length: 10 }, (_, index) => String(10 - index));

interface EnqueueFormProps {
  /** The agent that is chosen first. */
  agent: string | undefined;
  onClose: () => void;
  onDone: (job: string) => void;
}

/** A form for one job. What the server finds wrong stands at its field. */
export function EnqueueForm({ agent: first, onClose, onDone }: EnqueueFormProps) {
  const [values, setValues] = useState<JobValues>({ ...NEW_JOB, agent: first ?? '' });
  const [key, setKey] = useState(newKey);
  const [isChecked, setChecked] = useState(false);
  // The second click of a double click comes before the button is drawn as disabled.
  const isSent = useRef(false);
  const send = useEnqueueJob();
  const { data: agents = [] } = useAgents();
  const names = [...new Set(agents.filter((one) => one.runs_in_batches).map(({ name }) => name))];
  const { data: agent } = useQuery({ ...agentQuery(values.agent), enabled: values.agent !== '' });
  const read = readJob(values, agent);
  const faults = { ...(isChecked && read.faults), ...serverFaults(send.error) };
  const set = (change: Partial<JobValues>) => {
    setValues((old) => ({ ...old, ...change }));
    send.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (read.body === undefined || isSent.current) return;
    isSent.current = true;
    send.mutate(
      { body: read.body, key },
      {
        onSuccess: ({ job_id: id }) => onDone(id),
        onError: () => {
          isSent.current = false;
          setKey(newKey());
        },
      },
    );
  };
  const isShown =
    send.error !== null && !Object.keys(serverFaults(send.error)).some((place) => isPlaced(place, values, agent));
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={words.title}
      description={words.description}
      actions={
        <>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            type="submit"
            form="job"
            kind="primary"
            writes
            label={words.send}
            disabled={values.agent === '' || agent === undefined || send.isPending}
          />
        </>
      }
    >
      <form id="job" onSubmit={submit} className="grid gap-4" noValidate>
        <Field label={words.agent} error={faults['agent']}>
          <Select
            label={words.agent}
            value={values.agent}
            choices={[{ value: '', label: words.choose }, ...names.map((name) => ({ value: name, label: name }))]}
            onChange={(name) => set({ agent: name, typed: {} })}
          />
        </Field>
        {values.agent !== '' && agent === undefined && <Loading rows={2} />}
        {agent !== undefined && <JobInput agent={agent} {...{ values, set, faults }} />}
        <JobTerms {...{ values, set, faults }} />
        {isShown && send.error !== null && <ErrorState error={send.error} kept={words.kept} />}
      </form>
    </Dialog>
  );
}

interface PartProps {
  values: JobValues;
  set: (change: Partial<JobValues>) => void;
  /** By the place of the field. */
  faults: { [place: string]: string };
}

function JobInput({ agent, values, set, faults }: PartProps & { agent: Schemas['AgentDetails'] }) {
  const hasFields = agent.input_schema !== null;
  const isJson = values.way === 'json' || !hasFields;
  const ofInput = Object.entries(faults).filter(([place]) => place === INPUT || place.startsWith(`${INPUT}.`));
  return (
    <div className="grid gap-3">
      {hasFields && (
        <Chips label={words.ways}>
          <Chip pressed={!isJson} onPress={() => set({ way: 'fields' })}>
            {words.fields}
          </Chip>
          <Chip pressed={isJson} onPress={() => set({ way: 'json', ...(!isJson && { json: jsonOf(values, agent) }) })}>
            {words.json}
          </Chip>
        </Chips>
      )}
      {isJson ? (
        <Field label={words.input} error={ofInput.length === 0 ? undefined : ofInput.map(([, text]) => text).join(' ')}>
          <TextArea
            className="font-mono text-12"
            rows={4}
            spellCheck={false}
            value={values.json}
            onChange={({ target }) => set({ json: target.value, ...(!hasFields && { way: 'json' as const }) })}
          />
        </Field>
      ) : (
        <TrialFields
          agent={agent}
          typed={values.typed}
          faults={Object.fromEntries(ofInput.map(([place, text]) => [place.slice(`${INPUT}.`.length), text]))}
          onType={(name, text) => set({ typed: { ...values.typed, [name]: text } })}
        />
      )}
    </div>
  );
}

function JobTerms({ values, set, faults }: PartProps) {
  const time = (place: 'notBefore' | 'deadline', fault: string | undefined) => (
    <Field label={words[place]} note={words.optional} error={fault}>
      <Input type="datetime-local" value={values[place]} onChange={({ target }) => set({ [place]: target.value })} />
    </Field>
  );
  return (
    <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
      <Field label={words.priority} error={faults['priority']}>
        <Select
          label={words.priority}
          value={values.priority}
          choices={PRIORITIES.map((value) => ({ value, label: words.priorities[Number(value)] ?? value }))}
          onChange={(priority) => set({ priority })}
        />
      </Field>
      <Field label={words.provider} note={words.optional} hint={words.providerHint} error={faults['provider']}>
        <Input
          value={values.provider}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => set({ provider: target.value })}
        />
      </Field>
      {time('notBefore', faults['not_before'])}
      {time('deadline', faults['deadline'])}
      <Field label={words.cap} note={words.optional} hint={words.capHint} error={faults['max_cost_usd']}>
        <Input inputMode="decimal" value={values.cap} onChange={({ target }) => set({ cap: target.value })} />
      </Field>
    </div>
  );
}

const PLACES = ['agent', 'priority', 'provider', 'not_before', 'deadline', 'max_cost_usd', INPUT];

/** Whether a field of the form shows this fault. */
function isPlaced(place: string, { way }: JobValues, agent: Schemas['AgentDetails'] | undefined): boolean {
  if (!place.startsWith(INPUT) || way === 'json' || !agent?.input_schema) {
    return PLACES.includes(place) || place.startsWith(`${INPUT}.`);
  }
  return fieldsOf(agent.input_schema).some(({ name }) => place === `${INPUT}.${name}`);
}

function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
