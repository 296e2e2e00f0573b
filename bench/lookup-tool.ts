const answer = {
  exchange: 'Ambleford',
  lines: [{ kind: 'fibre to the cabinet', download_mbps: 67.5, upload_mbps: 12.25 }],
};

/** The tool of the agent that takes three turns; see `bench/agents.yaml`. */
export const tool = {
  name: 'lookup_broadband',
  description:
    'Looks up the broadband lines at an address. Use it before you answer; it returns the exchange and its lines.',
  inputSchema: {
    type: 'object' as const,
    properties: { address: { type: 'string' }, postcode: { type: 'string' } },
    required: ['address', 'postcode'],
    additionalProperties: false,
  },
  idempotent: true,
  execute: async () => answer,
};
