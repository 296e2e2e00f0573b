import { Outlet } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { messages } from './messages.ts';

/** Stepper, step, Back and Next. */
export function WizardLayout() {
  return (
    <Screen title={messages.title}>
      <Outlet />
    </Screen>
  );
}
