/** The start of a path that names a param in a prompt. */
export const PARAM_PREFIX = 'system_params.';
