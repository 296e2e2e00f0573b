import type { Caller } from '../runner/contract/caller.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import type { Audit } from './audit.ts';

/** Confirmations through which one caller agrees: the yes is written to the audit log before it counts. */
export function auditedConfirmations(confirmations: Confirmations, caller: Caller, audit: Audit): Confirmations {
  return {
    ...confirmations,
    async agree(code) {
      const consent = await confirmations.find({ code });
      if (consent === undefined) return confirmations.agree(code);
      const details = { expected_usd: consent.expectedUsd };
      return audit.around({ caller, action: 'confirm', subject: consent.title, details }, () =>
        confirmations.agree(code),
      );
    },
  };
}
