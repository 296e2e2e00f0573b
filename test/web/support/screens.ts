/**
 * The address of every screen by the name of its picture, in the order of docs/workbench.md. What stands in braces is a
 * batch or a draft of the sample.
 */
export const SCREENS = {
  batches: '/batches',
  'wizard-new': '/new',
  'wizard-data': '/new/{draft}/data',
  'wizard-columns': '/new/{draft}/columns',
  'wizard-prompt': '/new/{draft}/prompt?row=2',
  'wizard-schema': '/new/{draft}/schema',
  'wizard-review': '/new/{draft}/review',
  rows: '/batches/{running}/rows',
  row: '/batches/{completed}/rows?row=1',
  flow: '/batches/{completed}/flow',
  chat: '/batches/{completed}/rows?chat={chat}',
  queues: '/queues',
  monitor: '/monitor?range=1h',
  schedules: '/schedules',
  schedule: '/schedules/returns',
  alerts: '/alerts',
  'alert-rules': '/alerts?tab=rules',
  workers: '/workers',
  agents: '/agents',
  agent: '/agents/query-classifier',
  settings: '/settings',
} as const satisfies { [picture: string]: string };

/** An address with the ids of the sample. */
export function addressOf(address: string, sample: object): string {
  return address.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(Object.entries(sample).find(([key]) => key === name)?.[1] ?? name),
  );
}
