import { useEffect, useEffectEvent } from 'react';
import { ProblemError } from '../../../data/problem-error.ts';
import { useScheduleTimes } from '../../../data/schedules.ts';
import { useSettled } from '../../../data/use-settled.ts';
import { knownZones } from '../../../data/zones.ts';
import { Chip, Chips } from '../../../ui/chip.tsx';
import { Field, Input } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { ErrorState } from '../../../ui/states.tsx';
import { messages } from '../messages.ts';
import { NextTimes } from '../next-times.tsx';
import type { FormPart } from './form-values.ts';

const { form: words } = messages;
const TYPING_MS = 250;
/** The height of the next times, so that nothing jumps while they are read. */
const TIMES_HEIGHT = 'min-h-36';

/** When a schedule runs. What is typed is checked by the server, which says it in words and with its next times. */
export function TimeFields({ part, onChecked }: { part: FormPart; onChecked: (isGood: boolean) => void }) {
  const { values, set, faultOf } = part;
  const typed = { cron: values.cron.trim(), timeZone: values.timeZone === '' ? null : values.timeZone };
  const asked = useSettled(typed, TYPING_MS);
  const query = useScheduleTimes(asked);
  const isAsked = asked.cron === typed.cron && asked.timeZone === typed.timeZone;
  const isGood = isAsked && typed.cron !== '' && query.isSuccess && !query.isPlaceholderData;
  const tell = useEffectEvent(onChecked);
  useEffect(() => tell(isGood), [isGood]);

  const fault = (place: string) => placeOf(query.error, place) ?? faultOf(place);
  const { error, data } = query;
  const isUnplaced = error !== null && fault('cron') === undefined && fault('time_zone') === undefined;
  return (
    <>
      <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
        <Field label={words.cron} hint={words.cronHint} error={fault('cron')}>
          <Input
            value={values.cron}
            maxLength={100}
            autoComplete="off"
            spellCheck={false}
            className="font-mono text-12"
            onChange={({ target }) => set({ cron: target.value })}
          />
        </Field>
        <Field label={words.timeZone} error={fault('time_zone')}>
          <Select
            label={words.timeZone}
            choices={[
              { value: '', label: words.zoneOfServer },
              ...withChosen(values.timeZone).map((value) => ({ value, label: value })),
            ]}
            value={values.timeZone}
            onChange={(timeZone) => set({ timeZone })}
          />
        </Field>
      </div>
      <Chips label={words.presets}>
        {words.usual.map(([cron, label]) => (
          <Chip key={cron} pressed={values.cron.trim() === cron} onPress={() => set({ cron })}>
            {label}
          </Chip>
        ))}
      </Chips>
      <div className={TIMES_HEIGHT} aria-live="polite">
        {isUnplaced && <ErrorState error={error} onRetry={() => void query.refetch()} />}
        {error === null && data !== undefined && (
          <>
            <p className="mb-1 font-medium">{data.in_words ?? words.own}</p>
            <NextTimes next={data.next} zone={data.zone} />
          </>
        )}
      </div>
    </>
  );
}

function withChosen(chosen: string): string[] {
  const zones = knownZones();
  return chosen === '' || zones.includes(chosen) ? zones : [chosen, ...zones];
}

function placeOf(error: Error | null, place: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  return error.faults.find((fault) => fault.place.split('.').at(-1) === place)?.message;
}
