import { type FormEvent, useRef, useState } from 'react';
import { formatMoney } from '../../../data/format.ts';
import { ProblemError } from '../../../data/problem-error.ts';
import { type Schedule, useSaveSchedule } from '../../../data/schedules.ts';
import { shared } from '../../../messages/shared.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, Input } from '../../../ui/field.tsx';
import { ErrorState } from '../../../ui/states.tsx';
import { messages } from '../messages.ts';
import {
  dollarsOf,
  type FormPart,
  type FormValues,
  givenOf,
  isName,
  type ScheduledRequest,
  valuesOf,
} from './form-values.ts';
import { TimeFields } from './time-fields.tsx';
import { WorkFields } from './work-fields.tsx';

const { form: words } = messages;

interface ScheduleFormProps {
  /** The schedule that is edited; without it a new one is made. */
  schedule?: Schedule;
  /** The request that a new schedule runs. */
  request?: ScheduledRequest;
  onClose: () => void;
  onSaved: (name: string) => void;
}

/** Makes or changes a schedule. The server checks the times while they are typed. */
export function ScheduleForm({ schedule, request: given, onClose, onSaved }: ScheduleFormProps) {
  const isNew = schedule === undefined;
  const request = given ?? (schedule?.action.type === 'run_batch' ? schedule.action.request : undefined);
  const [values, setValues] = useState(() => valuesOf(schedule, given));
  const [areTimesGood, setTimesGood] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const save = useSaveSchedule(isNew);
  const cap = dollarsOf(values.cap);
  const accepted = schedule?.accepted_usd ?? null;
  const isCapGood = cap === null ? accepted !== null : !Number.isNaN(cap);
  const part: FormPart = {
    values,
    set: (change) => {
      setValues((old) => ({ ...old, ...change }));
      save.reset();
    },
    faultOf: (...places) => faultOf(save.error, places),
  };
  const isComplete = isName(values.name) && areTimesGood && isCapGood && isWorkComplete(values, request);
  const isShown = save.error !== null && PLACES.every((place) => faultOf(save.error, [place]) === undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isComplete) save.mutate(givenOf(values, request), { onSuccess: ({ name }) => onSaved(name) });
  };
  const add = cap === null || Number.isNaN(cap) ? words.addPlain : words.add(formatMoney(cap));
  return (
    <Dialog
      open
      wide
      initialFocus={first}
      onClose={onClose}
      title={isNew ? words.create : words.edit(schedule.name)}
      actions={
        <>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            type="submit"
            form="schedule"
            kind="primary"
            writes
            label={isNew ? add : words.save}
            disabled={!isComplete || save.isPending}
          />
        </>
      }
    >
      <form id="schedule" onSubmit={submit} className="grid gap-4">
        <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
          {isNew && (
            <Field
              label={words.name}
              hint={words.nameHint}
              error={values.name === '' || isName(values.name) ? part.faultOf('name') : words.nameBad}
            >
              <Input
                ref={first}
                value={values.name}
                maxLength={60}
                autoComplete="off"
                spellCheck={false}
                onChange={({ target }) => part.set({ name: target.value })}
              />
            </Field>
          )}
          <Field
            label={words.cap}
            hint={accepted === null ? words.capHint : words.capAccepted(formatMoney(accepted))}
            error={Number.isNaN(cap) ? words.capBad : part.faultOf('max_cost_usd')}
          >
            <Input
              {...(!isNew && { ref: first })}
              inputMode="decimal"
              autoComplete="off"
              value={values.cap}
              onChange={({ target }) => part.set({ cap: target.value })}
            />
          </Field>
        </div>
        <WorkFields part={part} request={request} isFixed={given !== undefined} />
        <TimeFields part={part} onChecked={setTimesGood} />
        {isShown && save.error !== null && <ErrorState error={save.error} />}
      </form>
    </Dialog>
  );
}

/** The fields that show what the server found wrong with them. */
const PLACES = ['name', 'csv_uri', 'output_uri', 'cron', 'time_zone', 'max_cost_usd', 'agent'];

function faultOf(error: Error | null, places: readonly string[]): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  if (error.code === 'name_taken') return places.includes('name') ? error.message : undefined;
  if (error.code === 'agent_not_found') return places.includes('agent') ? error.message : undefined;
  return error.faults.find(({ place }) => places.includes(place.split('.').at(-1) ?? ''))?.message;
}

function isWorkComplete({ kind, table, agent }: FormValues, request: ScheduledRequest | undefined): boolean {
  if (kind === 'process_queues') return true;
  return table.trim() !== '' && (request?.target.type === 'inline' || agent !== '');
}
