import type { CallModel } from '../../protocol/run.ts';
import type { RunBill } from './conversation-parts.ts';

/** The model calls of a run, and what each turn cost. */
export interface TurnCosts {
  callModel: CallModel;
  /** Dollars of an answered turn; null when its price is unknown. */
  costOf(turn: number): number | null;
}

/** Reads the cost of each turn from the journal after its answer, so that turns add up to the bill. */
export function createTurnCosts(callModel: CallModel, readBill: () => Promise<RunBill>): TurnCosts {
  let turns: RunBill['turns'] = new Map();
  return {
    callModel: async (call) => {
      const response = await callModel(call);
      ({ turns } = await readBill());
      return response;
    },
    costOf: (turn) => turns.get(turn) ?? null,
  };
}
