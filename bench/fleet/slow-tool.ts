/** How long it waits, in milliseconds: as a service does, or a browser that holds its row for long. */
const WAIT_MS = Number(process.env['BENCH_TOOL_MS']);

/** The tool of the agent that is bound by it: it waits, and takes 5 ms of processor time; see `bench/agents.yaml`. */
export const tool = {
  name: 'lookup_broadband',
  description: 'Looks up the broadband lines at an address, slowly.',
  inputSchema: {
    type: 'object' as const,
    properties: { address: { type: 'string' }, postcode: { type: 'string' } },
    required: ['address', 'postcode'],
  },
  idempotent: true,
  execute: async () => {
    const until = performance.now() + 5;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    return { exchange: 'Ambleford' };
  },
};
