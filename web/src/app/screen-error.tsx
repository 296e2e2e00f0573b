import type { ErrorComponentProps } from '@tanstack/react-router';
import { shared } from '../messages/shared.ts';
import { Button } from '../ui/button.tsx';
import { Screen } from './screen.tsx';

/** In the place of a screen that threw; navigation stays. It is of the shell: nothing more has to be loaded for it. */
export function ScreenError({ error, reset }: ErrorComponentProps) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return (
    <Screen title={shared.error.screen}>
      <div className="min-h-0 flex-1 overflow-auto p-4">
        <p className="text-ink-2">{shared.error.screenFix}</p>
        <p role="alert" className="my-4 max-w-180 border-bad border-l-3 bg-bad-tint px-3 py-2 [overflow-wrap:anywhere]">
          <b className="font-semibold">{message}</b> <code className="text-11">{name}</code>
        </p>
        <div className="flex gap-2">
          <Button icon="retry" label={shared.error.retry} onClick={reset} />
          <Button label={shared.error.reload} onClick={() => location.reload()} />
        </div>
      </div>
    </Screen>
  );
}
