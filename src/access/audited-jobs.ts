import type { Jobs } from '../jobs/jobs.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Audit, AuditedAct } from './audit.ts';

/** The jobs of a caller whose requests and changes are written to the audit log before they happen. */
export function auditedJobs(jobs: Jobs, caller: Caller, audit: Audit): Jobs {
  const around = <T>(act: Omit<AuditedAct, 'caller'>, carryOut: () => Promise<T>): Promise<T> =>
    audit.around({ caller, ...act }, carryOut);
  return {
    ...jobs,
    enqueue(requests, options) {
      const agents = [...new Set(requests.map(({ agent }) => agent))].slice(0, 20);
      const details = { jobs: requests.length, agents };
      return around({ action: 'job-enqueue', subject: null, details }, () => jobs.enqueue(requests, options));
    },
    runNow(request, approve) {
      const details = { jobs: 1, agents: [request.agent], mode: 'now' };
      return around({ action: 'job-enqueue', subject: null, details }, () => jobs.runNow(request, approve));
    },
    cancel: (id) => around({ action: 'job-cancel', subject: id }, () => jobs.cancel(id)),
    setPriority: (id, priority) =>
      around({ action: 'job-priority', subject: id, details: { priority } }, () => jobs.setPriority(id, priority)),
    process(request) {
      const { agent = null, mode, max_cost_usd: cap = null, accepted_usd: accepted = null } = request;
      const details = { mode, max_cost_usd: cap, accepted_usd: accepted };
      return around({ action: 'queue-process', subject: agent, details }, () => jobs.process(request));
    },
    retryDelivery: (eventId) =>
      around({ action: 'delivery-retry', subject: eventId }, () => jobs.retryDelivery(eventId)),
  };
}
