/** A tool that takes 10 s and no processor time, as a browser does: its rows are held by many workers at a time. */
export const tool = {
  name: 'lookup_broadband',
  description: 'Looks up the broadband lines at an address, very slowly.',
  inputSchema: {
    type: 'object' as const,
    properties: { address: { type: 'string' }, postcode: { type: 'string' } },
    required: ['address', 'postcode'],
  },
  idempotent: true,
  execute: async () => {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    return { exchange: 'Ambleford' };
  },
};
