/** The conversation that was open last, while the page is loaded: "Ask" opens it again. */
export const lastThread: { id: string } = { id: 'new' };
