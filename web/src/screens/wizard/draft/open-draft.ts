import { createContext, use } from 'react';
import { useStore } from '../../../data/store.ts';
import type { Draft } from './create-draft.ts';
import type { DraftRequest } from './draft-request.ts';

/** The draft of the wizard that is open. */
export const OpenDraft = createContext<Draft | undefined>(undefined);

/** The draft of the wizard around this component, followed. */
export function useDraft(): { draft: Draft; request: DraftRequest } {
  const draft = use(OpenDraft);
  if (draft === undefined) throw new Error('A step of the wizard stands outside of it.');
  return { draft, request: useStore(draft.view).request };
}
