import type { Schemas } from '../../../data/api.ts';
import { formatExact, formatMoney } from '../../../data/format.ts';
import { Icon } from '../../../ui/icon.tsx';
import { Note } from '../../../ui/note.tsx';
import { messages } from '../messages.ts';
import { BigText } from './big-text.tsx';

type Attempt = Schemas['RowTrace']['attempts'][number];

/** One call of an attempt, as the journal has it. */
interface Call {
  turn: number;
  call: number;
  kind: 'model' | 'tool';
  name: string;
  request: unknown;
  at: number;
  cachedFrom?: unknown;
  /** Sends whose outcome is not known: they may have been charged. */
  openSends: number;
  answer: {
    response: unknown;
    usage: { inputTokens: number; outputTokens: number; cacheReadTokens: number; cacheWriteTokens: number } | null;
    costMicroUsd: number | null;
    at: number;
    billed?: { model: string };
  } | null;
}

/** Every call of the row's attempts on a common axis, the newest attempt first. */
export function RowTraceView({ trace }: { trace: Schemas['RowTrace'] }) {
  const attempts = trace.attempts.toReversed();
  const calls = trace.attempts.flatMap(callsOf);
  const costs = calls.map(({ answer }) => answer?.costMicroUsd ?? 0);
  const isKnown = calls.every(({ answer, openSends }) =>
    answer === null ? openSends === 0 : answer.costMicroUsd !== null,
  );
  if (attempts.length === 0) return <p className="p-4 text-ink-2">{messages.noCalls}</p>;
  return (
    <div className="grid gap-4 p-4">
      <svg aria-hidden="true" className="absolute size-0">
        <pattern id="waiting" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0v4" className="stroke-ink-3" />
        </pattern>
      </svg>
      {attempts.map((attempt) => (
        <AttemptView key={attempt.attempt} attempt={attempt} />
      ))}
      <p className="flex justify-between border-line border-t pt-2 text-12 tabular-nums">
        <b className="font-semibold">{messages.total}</b>
        <span>{formatMoney(isKnown ? costs.reduce((sum, cost) => sum + cost, 0) / 1e6 : null, 4)}</span>
      </p>
    </div>
  );
}

function callsOf({ entries }: Attempt): Call[] {
  return entries as unknown as Call[];
}

function AttemptView({ attempt }: { attempt: Attempt }) {
  const calls = callsOf(attempt);
  const began = attempt.started_at === null ? [] : [Date.parse(attempt.started_at)];
  const start = Math.min(...began, ...calls.map(({ at }) => at));
  const ended = attempt.ended_at === null ? [] : [Date.parse(attempt.ended_at)];
  const end = Math.max(start + 1, ...ended, ...calls.map(({ at, answer }) => answer?.at ?? at));
  const none = attempt.status === 'running' ? messages.callRuns : messages.noCalls;
  return (
    <section aria-label={messages.attempt(attempt.attempt)}>
      <h3 className="mb-1 flex items-baseline gap-2 font-semibold">
        {messages.attempt(attempt.attempt)}
        <span className="cut font-normal text-12 text-ink-3">{attempt.model}</span>
      </h3>
      {attempt.error !== null && (
        <Note kind="bad">
          {attempt.error.message} <code>{attempt.error.code}</code>
        </Note>
      )}
      {calls.map((call, index) => (
        <CallView
          key={`${call.turn}/${call.call}`}
          {...{ call, start, end }}
          since={endBefore(calls, index) ?? start}
        />
      ))}
      {calls.length === 0 && <p className="text-12 text-ink-2">{none}</p>}
    </section>
  );
}

/** When the calls before this one had ended; those of one turn run side by side. */
function endBefore(calls: readonly Call[], index: number): number | undefined {
  const turn = calls[index]?.turn ?? 0;
  const isBefore = ({ turn: other, kind }: Call) => other < turn || (other === turn && kind === 'model');
  const ends = calls.slice(0, index).flatMap((call) => (isBefore(call) ? [call.answer?.at ?? call.at] : []));
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** A shorter wait is the work between two calls. */
const LEAST_WAIT_MS = 20;

interface CallViewProps {
  call: Call;
  /** The axis of the attempt. */
  start: number;
  end: number;
  /** From when it could have been sent: until its send it waited for its lane, a cool-down or the budget. */
  since: number;
}

function CallView({ call, start, end, since }: CallViewProps) {
  const { answer, kind, name, at } = call;
  const share = (time: number) => ((time - start) / (end - start)) * 100;
  const seconds = answer === null ? undefined : ((answer.at - at) / 1000).toFixed(2);
  const left = share(at);
  const width = answer === null ? 1 : Math.max(1, share(answer.at) - left);
  const wait = at - since >= LEAST_WAIT_MS ? at - since : 0;
  const usage = answer?.usage;
  const input = usage ? usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens : 0;
  return (
    <details className="border-line border-b py-1">
      <summary className="grid cursor-default grid-cols-[minmax(96px,34%)_1fr_auto] items-center gap-2 text-12">
        <span className={`flex min-w-0 items-center gap-1.5 ${kind === 'tool' ? 'pl-4' : ''}`}>
          <Icon name={kind === 'model' ? 'model' : 'tool'} className="size-3.5 flex-none text-ink-3" />
          <span className="cut">{kind === 'model' ? messages.model : name}</span>
        </span>
        <svg aria-hidden="true" className="h-3 w-full">
          {wait > 0 && (
            <rect
              x={`${share(since)}%`}
              y="3.5"
              width={`${left - share(since)}%`}
              height="5"
              fill="url(#waiting)"
              className="stroke-ink-3 stroke-[0.5]"
            />
          )}
          <rect
            x={`${left}%`}
            y="3"
            width={`${width}%`}
            height="6"
            rx="1"
            className={kind === 'model' ? 'fill-accent' : 'fill-bar'}
          />
        </svg>
        <span className="tabular-nums">{seconds === undefined ? messages.unanswered : messages.seconds(seconds)}</span>
      </summary>
      <div className="grid gap-2 py-2 text-12" title={formatExact(at)}>
        <p className="text-ink-2 tabular-nums">
          {usage != null && `${messages.tokens(input, usage.outputTokens)} · `}
          {call.cachedFrom === undefined
            ? formatMoney(answer?.costMicroUsd == null ? null : answer.costMicroUsd / 1e6, 4)
            : messages.cached}
          {wait > 0 && ` · ${messages.wait((wait / 1000).toFixed(2))}`}
        </p>
        <h4 className="font-medium text-ink-2">{messages.request}</h4>
        <BigText text={JSON.stringify(call.request, null, 2)} name="request" />
        {answer !== null && (
          <>
            <h4 className="font-medium text-ink-2">{messages.response}</h4>
            <BigText text={JSON.stringify(answer.response, null, 2)} name="answer" />
          </>
        )}
      </div>
    </details>
  );
}
