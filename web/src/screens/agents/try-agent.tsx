import { type FormEvent, useDeferredValue, useRef, useState } from 'react';
import { usePriceOf, useTryAgent } from '../../data/agents.ts';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatMoney } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { inputOf, type Typed } from './input-of.ts';
import { messages } from './messages.ts';
import { TrialFields } from './trial-fields.tsx';
import { TrialResult } from './trial-result.tsx';

const { trial: words } = messages;
type Agent = Schemas['AgentDetails'];

/** One run of an agent with an input of one's own, at its price. */
export function TryAgent({ agent }: { agent: Agent }) {
  const [typed, setTyped] = useState<Typed>({});
  const [isChecked, setChecked] = useState(false);
  const run = useTryAgent();
  const stop = useRef<AbortController>(null);
  const { given, faults } = inputOf(agent, typed);
  const isStopped = run.error?.name === 'AbortError';

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (given === undefined) return;
    stop.current = new AbortController();
    run.mutate({ agent: `${agent.name}@${agent.version}`, given, signal: stop.current.signal });
  };
  return (
    <form onSubmit={submit} className="grid max-w-160 gap-4 p-4">
      <p className="text-ink-2">{words.intro}</p>
      <TrialFields
        agent={agent}
        typed={typed}
        faults={isChecked ? faults : {}}
        onType={(name, text) => setTyped((old) => ({ ...old, [name]: text }))}
      />
      <PriceAndRun
        agent={agent}
        typed={typed}
        isRunning={run.isPending}
        onStop={() => stop.current?.abort(new DOMException(words.stopped, 'AbortError'))}
      />
      {isStopped && <Note kind="plain">{words.stopped}</Note>}
      {run.error !== null && !isStopped && <ErrorState error={run.error} />}
      {run.data !== undefined && !run.isPending && <TrialResult result={run.data} />}
    </form>
  );
}

function PriceAndRun(props: { agent: Agent; typed: Typed; isRunning: boolean; onStop: () => void }) {
  const { agent, typed, isRunning, onStop } = props;
  const sent = useDeferredValue(
    [agent.instructions, agent.prompt ?? '', JSON.stringify(agent.output_schema ?? {}), JSON.stringify(typed)].join(
      '\n',
    ),
  );
  const { data: price } = usePriceOf({ text: sent, model: agent.model });
  const input = price?.inputUsd ?? null;
  return (
    <div className="grid gap-2">
      <p className="min-h-5 text-12 text-ink-2 tabular-nums">
        {price === undefined
          ? words.pricing
          : input === null
            ? words.unknown(formatCount(price.tokens))
            : words.price(formatCount(price.tokens), formatMoney(input, 4), formatMoney(price.outputUsdPerMillion))}
        {agent.tools.length > 0 && ` ${words.tools}`}
      </p>
      <div className="flex gap-2">
        <Button
          type="submit"
          kind="primary"
          size="large"
          writes
          icon={isRunning ? 'running' : 'play'}
          label={isRunning ? words.running : input === null ? words.runUnknown : words.run(formatMoney(input, 4))}
          disabled={isRunning || price === undefined}
        />
        {isRunning && <Button size="large" label={words.stop} onClick={onStop} />}
      </div>
    </div>
  );
}
