let last = { provider: '', model: '', name: '' };

/** A model as bills name it: the same text for call after call, because comparing a new one takes longer than counting it. */
export function billedModel(provider: string, model: string): string {
  if (last.provider !== provider || last.model !== model) last = { provider, model, name: `${provider}/${model}` };
  return last.name;
}
