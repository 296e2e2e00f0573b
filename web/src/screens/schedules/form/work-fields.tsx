import { useAgents } from '../../../data/agents.ts';
import { useTableName } from '../../../data/uploads.ts';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Field, Input } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { messages } from '../messages.ts';
import type { FormPart, ScheduledRequest } from './form-values.ts';

const { form: words } = messages;
const KINDS = ['process_queues', 'run_batch'] as const;
const MODES = ['auto', 'batch', 'realtime'] as const;
const CACHES = ['all', 'batch', 'off'] as const;

interface WorkFieldsProps {
  part: FormPart;
  request: ScheduledRequest | undefined;
  /** It runs the request that is given, and nothing else. */
  isFixed: boolean;
}

/** What a schedule runs: the jobs that wait, or a batch over a table. */
export function WorkFields({ part, request, isFixed }: WorkFieldsProps) {
  const { values, set } = part;
  return (
    <>
      {!isFixed && (
        <Field label={words.work}>
          <Select
            label={words.work}
            choices={KINDS.map((value) => ({ value, label: words.works[value] }))}
            value={values.kind}
            onChange={(kind) => set({ kind })}
          />
        </Field>
      )}
      {values.kind === 'process_queues' ? <JobFields part={part} /> : <BatchFields part={part} request={request} />}
    </>
  );
}

function JobFields({ part: { values, set, faultOf } }: { part: FormPart }) {
  const names = useAgentNames(values.jobsOf);
  return (
    <>
      <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
        <Field label={words.jobsOf} error={faultOf('agent')}>
          <Select
            label={words.jobsOf}
            choices={[{ value: '', label: words.everyAgent }, ...names.map((value) => ({ value, label: value }))]}
            value={values.jobsOf}
            onChange={(jobsOf) => set({ jobsOf })}
          />
        </Field>
        <Field label={words.mode}>
          <Select
            label={words.mode}
            choices={MODES.map((value) => ({ value, label: words.modes[value] }))}
            value={values.mode}
            onChange={(mode) => set({ mode })}
          />
        </Field>
      </div>
      <Checkbox label={words.capped} checked={values.cappedOnly} onChange={(cappedOnly) => set({ cappedOnly })} />
    </>
  );
}

function BatchFields({ part, request }: { part: FormPart; request: ScheduledRequest | undefined }) {
  const { values, set, faultOf } = part;
  const names = useAgentNames(values.agent);
  const isUpload = values.table.startsWith('upload:');
  const file = useTableName(values.table);
  const target = request?.target;
  return (
    <>
      <Field
        label={words.table}
        note={isUpload ? file : undefined}
        hint={isUpload ? words.tableUpload : words.tableHint}
        error={faultOf('csv_uri')}
      >
        <Input
          value={values.table}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set({ table: event.target.value })}
        />
      </Field>
      {target?.type === 'inline' ? (
        <p className="text-ink-2">
          <span className="font-medium text-12 text-ink">{words.agent}</span>{' '}
          {messages.work.question(target.fields.length)}
        </p>
      ) : (
        <Field label={words.agent} error={faultOf('agent')} hint={values.agent === '' ? words.noAgent : undefined}>
          <Select
            label={words.agent}
            choices={[{ value: '', label: words.chooseAgent }, ...names.map((value) => ({ value, label: value }))]}
            value={values.agent}
            onChange={(agent) => set({ agent })}
          />
        </Field>
      )}
      <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
        <Field label={words.cache}>
          <Select
            label={words.cache}
            choices={CACHES.map((value) => ({ value, label: words.caches[value] }))}
            value={values.cache}
            onChange={(cache) => set({ cache })}
          />
        </Field>
        <Field label={words.output} hint={words.outputHint} error={faultOf('output_uri')}>
          <Input
            value={values.output}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => set({ output: event.target.value })}
          />
        </Field>
      </div>
    </>
  );
}

/** The agents that run over tables, and the one that is chosen. */
function useAgentNames(chosen: string): string[] {
  const { data: agents = [] } = useAgents();
  const names = agents.filter(({ runs_in_batches: runs }) => runs).map(({ name }) => name);
  return [...new Set([...names, ...(chosen === '' ? [] : [chosen])])];
}
