/** An agents file with the agent `scorer`, which answers one field, on the model that stands behind the Messages API. */
export const SCORER = `
agents:
  - name: scorer
    model: claude-haiku-5-5
    instructions: Answer.
    input: {type: object, properties: {q: {type: string}}, required: [q]}
    structured_output:
      enabled: true
      schema: {type: object, properties: {answer: {type: string}}, required: [answer]}
`;
