import { useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import { formatMoney, formatShare } from '../../../data/format.ts';
import { useSettings } from '../../../data/settings.ts';
import { useTableName } from '../../../data/uploads.ts';
import { Field, Input } from '../../../ui/field.tsx';
import { type BatchOptions, isInline, questionOf } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { messages } from '../messages.ts';
import { useAnalysis } from '../table/use-table.ts';

/** Cap, concurrency and model, and what the batch is about. */
export function Settings({ plan }: { plan: Schemas['Plan'] | undefined }) {
  const { draft, request } = useDraft();
  const rows = useAnalysis(request).data?.row_count ?? plan?.row_count ?? null;
  const table = useTableName(request.csv_uri ?? '');
  const { options = {} } = request;
  const set = (name: 'max_cost_usd' | 'concurrency', value: number | undefined) => {
    const { [name]: _, ...others } = options;
    const next: BatchOptions = value === undefined ? others : { ...others, [name]: value };
    draft.change({ ...request, options: next });
  };
  const cost = plan?.estimate?.cost_usd ?? null;
  const cap = options.max_cost_usd;
  const isOwn = request.target === undefined || isInline(request.target);
  const fields = request.target !== undefined && 'fields' in request.target ? request.target.fields?.length : undefined;
  const answer = isOwn ? questionOf(request).fields.length : (fields ?? answerFieldsOf(plan));
  const facts = [
    [messages.review.table, table],
    [messages.review.rows, rows === null ? messages.counting : messages.rows(rows)],
    [messages.review.agent, isOwn ? messages.review.question : (request.target as { name: string }).name],
    [messages.review.answer, answer === undefined ? messages.estimating : messages.review.answerFields(answer)],
    [messages.review.when, messages.review.now],
  ];
  return (
    <>
      <div className="grid grid-cols-2 items-start gap-3">
        <NumberField
          label={`${messages.review.cap}, $`}
          hint={
            cap === undefined || cost === null || cap === 0
              ? messages.review.capHint
              : messages.review.capShare(formatShare(cost.low / cap), formatShare(cost.high / cap))
          }
          placeholder={messages.review.noCap}
          value={cap}
          onTyped={(value) => set('max_cost_usd', value !== undefined && value > 0 ? value : undefined)}
        />
        <NumberField
          label={messages.review.concurrency}
          placeholder="10"
          value={options.concurrency}
          onTyped={(value) =>
            set('concurrency', value === undefined ? undefined : Math.min(1000, Math.max(1, Math.round(value))))
          }
        />
      </div>
      {isOwn && <ModelField plan={plan} />}
      <dl className="grid grid-cols-[96px_1fr] gap-y-1 border-line border-t pt-3 text-12">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-2">{name}</dt>
            <dd className="cut" title={value}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The model of a question: a suggestion of the configured providers, or any that is typed, with its price. */
function ModelField({ plan }: { plan: Schemas['Plan'] | undefined }) {
  const { draft, request } = useDraft();
  const { data: settings } = useSettings();
  const question = questionOf(request);
  const used =
    plan?.agent === null || plan?.agent === undefined
      ? undefined
      : `${plan.agent.model.provider}/${plan.agent.model.model}`;
  const { data: prices } = useQuery({
    queryKey: ['price', used],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/prices', { params: { query: { model: used ?? '' } as never }, signal })),
    enabled: used !== undefined,
    staleTime: 300_000,
  });
  const price = prices?.items.find(({ model }) => model === used)?.realtime ?? null;
  const suggestions = (settings?.providers ?? []).flatMap(({ name, configured, default_model: model }) =>
    configured && model !== null ? [`${name}/${model}`] : [],
  );
  const hint =
    used === undefined || prices === undefined
      ? used
      : price === null || price.input === null || price.output === null
        ? `${used}: ${messages.review.modelUnpriced}`
        : `${used}: ${messages.review.modelPrice(formatMoney(price.input), formatMoney(price.output))}`;
  return (
    <Field label={messages.review.model} hint={hint}>
      <Input
        key={question.model ?? ''}
        list="models"
        spellCheck={false}
        defaultValue={question.model ?? ''}
        placeholder={used === undefined ? '' : messages.review.modelDefault(used)}
        onBlur={({ target }) => {
          const text = target.value.trim();
          if (text === (question.model ?? '')) return;
          const { model: _, ...rest } = question;
          draft.change({ ...request, target: text === '' ? rest : { ...rest, model: text } });
        }}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
      <datalist id="models">
        {suggestions.map((model) => (
          <option key={model} value={model} />
        ))}
      </datalist>
    </Field>
  );
}

interface NumberFieldProps {
  label: string;
  hint?: string;
  placeholder: string;
  value: number | undefined;
  onTyped: (value: number | undefined) => void;
}

/** How many fields the answer of a planned agent has. */
function answerFieldsOf(plan: Schemas['Plan'] | undefined): number | undefined {
  if (plan === undefined) return undefined;
  const properties = plan?.agent?.structured_output?.schema?.['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties).length : 0;
}

function NumberField({ label, hint, placeholder, value, onTyped }: NumberFieldProps) {
  return (
    <Field label={label} hint={hint}>
      <Input
        key={value ?? ''}
        inputMode="decimal"
        defaultValue={value ?? ''}
        placeholder={placeholder}
        onBlur={({ target }) => {
          const text = target.value.replace(',', '.').trim();
          const typed = text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);
          if (typed !== value) onTyped(typed);
        }}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
    </Field>
  );
}
