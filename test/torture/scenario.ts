import type { Audit, Violations } from './audit.ts';

export interface ScenarioContext {
  seed: number;
  /** The short form, for CI. */
  quick: boolean;
  violations: Violations;
  /** Tells how far it is, where somebody watches. */
  progress(text: string): void;
}

/** What a scenario came to: its line of figures, or the reason why it can't be run here. */
type Outcome = { figures: string } | { skipped: string };

/** One kind of torture. Contract: `run` tells what it finds wrong in `violations` and rejects only when it can't go on. */
export interface Scenario {
  name: string;
  /** Whether the short form has it. */
  quick: boolean;
  run(context: ScenarioContext): Promise<Outcome>;
}

/** The figures that every scenario has. */
export function billFigures({ rows, received, repeatedModel, repeatedTool, answeredAgain, ...bill }: Audit): string {
  return (
    `${rows} rows, ${received} model calls received, ${repeatedModel} model and ${repeatedTool} tool calls repeated, ${answeredAgain} of them ` +
    `answered and committed; bill $${bill.billUsd.toFixed(6)} <= delivered $${bill.deliveredUsd.toFixed(6)} <= ` +
    `at most $${bill.atMostUsd.toFixed(6)}`
  );
}
