import { formatAbout } from '../../../data/format.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorState } from '../../../ui/states.tsx';
import type { AnswerField } from '../draft/draft-request.ts';
import { usePlan, useRequest } from '../draft/use-plan.ts';
import { messages } from '../messages.ts';
import { TestResult } from './test-result.tsx';
import { TEST_ROWS, useTestRows } from './use-test-rows.ts';

/** Runs the agent over three rows at its real price, and shows the answers. */
export function TestPanel({ fields, block }: { fields: readonly AnswerField[]; block: string | undefined }) {
  const { start, batchId } = useTestRows();
  const { data: plan } = usePlan();
  const isReady = useRequest() !== undefined && block === undefined;
  const { cost_usd: cost, rows } = plan?.estimate ?? {};
  const share = rows ? TEST_ROWS / rows : 0;
  const priced = cost ? messages.schema.testCost(formatAbout(cost.expected * share, 4)) : messages.schema.testUnpriced;
  return (
    <section aria-label={messages.schema.test} className="border-line border-t">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2">
        <h2 className="font-semibold">{messages.schema.test}</h2>
        <span className="ml-auto">
          <Button
            writes
            icon="retry"
            label={plan === undefined ? messages.schema.test : priced}
            busy={start.isPending && messages.schema.testing}
            disabled={!isReady || plan === undefined}
            why={block}
            onClick={() => start.mutate(cost ? cost.high * share : null)}
          />
        </span>
      </div>
      {start.error !== null && <ErrorState error={start.error} />}
      {batchId !== undefined && <TestResult batchId={batchId} fields={fields} />}
    </section>
  );
}
