/** The notice when a provider refuses the strict form of tools, or the native form of an answer. */
export const REFUSED_FORM = 'strict tools or structured output are refused; plain tools are sent from now on';
