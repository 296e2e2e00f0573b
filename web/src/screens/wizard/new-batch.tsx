import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { Screen } from '../../app/screen.tsx';
import { api, bodyOf } from '../../data/api.ts';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** Makes a draft, and opens it. */
export function NewBatch() {
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: () => bodyOf(api.POST('/v1/drafts', { body: { request: {} } })),
    onSuccess: ({ draft_id: draftId }) => navigate({ to: '/new/$draftId/data', params: { draftId }, replace: true }),
  });
  const begun = useRef(false);
  const { mutate } = make;
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    mutate();
  }, [mutate]);
  return (
    <Screen title={messages.title}>
      {make.error === null ? <Loading /> : <ErrorState error={make.error} onRetry={() => mutate()} />}
    </Screen>
  );
}
