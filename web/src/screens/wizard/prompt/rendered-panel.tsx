import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Schemas } from '../../../data/api.ts';
import { formatCount, formatMoney } from '../../../data/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Input } from '../../../ui/field.tsx';
import { ErrorState } from '../../../ui/states.tsx';
import { paramsOf, questionOf } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { usePlan, useRequest } from '../draft/use-plan.ts';
import { messages } from '../messages.ts';
import { cellText } from '../table/cell-text.ts';
import { previewQuery, SEARCHED_ROWS, useAnalysis } from '../table/use-table.ts';
import { PARAM_PREFIX } from './param-prefix.ts';
import { namesIn } from './prompt-tokens.ts';
import { renderedPieces } from './rendered-text.ts';
import { useKnownNames } from './use-known-names.ts';
import { useRendered } from './use-rendered.ts';

/** What one row sends to the model: its prompt, its params, its tokens. */
export function RenderedPanel() {
  const { row = 0 } = useSearch({ from: '/new/$draftId/prompt' });
  const rendered = useRendered(row);
  const isComplete = useRequest() !== undefined;
  return (
    <section
      aria-label={messages.prompt.rendered}
      className="flex min-h-0 min-w-0 flex-col border-line border-l max-lg:border-t max-lg:border-l-0"
    >
      <RowChoice row={row} />
      <div className="min-h-0 flex-1 overflow-auto">
        {rendered.error !== null ? (
          <ErrorState error={rendered.error} />
        ) : rendered.data !== undefined ? (
          <Rendered rendered={rendered.data} />
        ) : (
          !isComplete && <p className="px-4 py-3 text-ink-3">{messages.prompt.renderedNone}</p>
        )}
      </div>
    </section>
  );
}

function RowChoice({ row }: { row: number }) {
  const { request } = useDraft();
  const { used } = useKnownNames();
  const navigate = useNavigate({ from: '/new/$draftId/prompt' });
  const count = useAnalysis(request).data?.row_count;
  const client = useQueryClient();
  const last = count === undefined ? undefined : count - 1;
  const go = (to: number, replace = false) =>
    void navigate({ search: (old) => ({ ...old, row: Math.max(0, Math.min(to, last ?? to)) }), replace });
  /** Reads the rows only when they are searched. */
  const goByLength = async (place: 0 | -1) => {
    const many = await client.fetchQuery(previewQuery(request, SEARCHED_ROWS));
    const places = many.columns.flatMap((column, at) => (used.includes(column) ? [at] : []));
    const lengths = many.rows
      .filter(({ fault }) => fault === null)
      .map(({ row: number, cells }) => ({
        number,
        length: places.reduce((sum, at) => sum + cellText(cells[at]).length, 0),
      }));
    lengths.sort((a, b) => a.length - b.length || a.number - b.number);
    go(lengths.at(place)?.number ?? row);
  };
  const among = messages.prompt.among(SEARCHED_ROWS);
  return (
    <div className="flex flex-none flex-wrap items-center gap-2 border-line border-b px-4 py-2">
      <b className="font-semibold">{messages.prompt.asRow}</b>
      <Button icon="left" iconOnly label={messages.prompt.previous} disabled={row === 0} onClick={() => go(row - 1)} />
      <Input
        className="w-20! text-right tabular-nums"
        inputMode="numeric"
        aria-label={messages.prompt.row}
        value={row}
        onChange={({ target }) => go(Number(target.value.replaceAll(/\D/g, '').slice(0, 7)), true)}
      />
      <Button icon="right" iconOnly label={messages.prompt.next} disabled={row === last} onClick={() => go(row + 1)} />
      <span className="ml-auto flex gap-1">
        <Button
          kind="ghost"
          size="small"
          label={messages.prompt.longest}
          title={among}
          onClick={() => void goByLength(-1).catch(() => undefined)}
        />
        <Button
          kind="ghost"
          size="small"
          label={messages.prompt.emptiest}
          title={among}
          onClick={() => void goByLength(0).catch(() => undefined)}
        />
      </span>
    </div>
  );
}

function Rendered({ rendered }: { rendered: Schemas['RenderedRow'] }) {
  const { request } = useDraft();
  const { known } = useKnownNames();
  const { prompt } = questionOf(request);
  const pieces = renderedPieces(textOf(rendered.messages), { prompt, input: rendered.input, known });
  return (
    <>
      <p className="whitespace-pre-wrap px-4 py-3 [overflow-wrap:anywhere]">
        {pieces.map(({ text, isValue, at }) =>
          isValue ? (
            <mark key={at} className="rounded-1 bg-accent-tint text-ink">
              {text}
            </mark>
          ) : (
            <span key={at} className="text-ink-2">
              {text}
            </span>
          ),
        )}
      </p>
      <Params rendered={rendered} prompt={prompt} />
      <Tokens rendered={rendered} />
    </>
  );
}

function Params({ rendered, prompt }: { rendered: Schemas['RenderedRow']; prompt: string }) {
  const { request } = useDraft();
  const { known } = useKnownNames();
  if (Object.keys(paramsOf(request)).length === 0) return null;
  const named = namesIn(prompt, known).filter((name) => name.startsWith(PARAM_PREFIX));
  return (
    <section aria-label={messages.prompt.params} className="border-line border-t px-4 py-3">
      <h2 className="font-semibold text-12">
        {messages.prompt.params}{' '}
        <span className="font-normal text-ink-3">
          {named.length === 0 ? messages.prompt.paramsQuiet : messages.prompt.paramsNamed(named.join(', '))}
        </span>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre tabIndex={0} className="mt-2 overflow-x-auto rounded-2 bg-sunken px-3 py-2 font-mono text-12">
        {JSON.stringify(rendered.input['system_params'], null, 2)}
      </pre>
    </section>
  );
}

function Tokens({ rendered }: { rendered: Schemas['RenderedRow'] }) {
  const { data: plan } = usePlan();
  const rows = plan?.estimate?.rows ?? null;
  const tokens = plan?.estimate?.tokens ?? null;
  const cost = plan?.estimate?.cost_usd ?? null;
  const average = (total: number | undefined) =>
    total === undefined || rows === null || rows === 0 ? '' : formatCount(Math.round(total / rows));
  return (
    <section aria-label={messages.prompt.tokens} className="border-line border-t px-4 py-3 text-12">
      <h2 className="flex font-semibold">
        {messages.prompt.tokens}
        <span className="ml-auto font-normal text-ink-3">{messages.prompt.tokensHow}</span>
      </h2>
      <dl className="mt-1 grid grid-cols-[1fr_auto] gap-y-1 tabular-nums">
        <dt className="text-ink-2">
          {messages.prompt.thisRow}, {messages.prompt.input.toLowerCase()}
        </dt>
        <dd className="text-right">{formatCount(rendered.tokens)}</dd>
        <dt className="text-ink-2">
          {messages.prompt.average}, {messages.prompt.input.toLowerCase()}
        </dt>
        <dd className="text-right">{average(tokens?.input)}</dd>
        <dt className="text-ink-2">{messages.prompt.output}</dt>
        <dd className="text-right">{average(tokens?.output)}</dd>
        <dt className="font-semibold">{messages.prompt.cost}</dt>
        <dd className="text-right font-semibold">
          {plan === undefined
            ? ''
            : formatMoney(cost === null || rows === null || rows === 0 ? null : cost.expected / rows, 4)}
        </dd>
      </dl>
    </section>
  );
}

/** The text of the first message; media stand in it as marks. */
function textOf(all: Schemas['RenderedRow']['messages']): string {
  const content = all[0]?.['content'];
  if (typeof content === 'string') return content;
  const blocks = Array.isArray(content) ? content : [];
  return blocks.map((block: { text?: string }) => block.text ?? '').join('');
}
