/** How a script is shown to people. */
export const STAND_IN = 'scripted model, not a real one';
