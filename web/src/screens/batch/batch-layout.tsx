import { Outlet } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { messages } from './messages.ts';

/** What all views of a batch share. */
export function BatchLayout() {
  return (
    <Screen title={messages.title}>
      <Outlet />
    </Screen>
  );
}
