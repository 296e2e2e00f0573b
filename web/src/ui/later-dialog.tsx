import { type ComponentProps, lazy, Suspense } from 'react';
import type { Dialog as Loaded } from './dialog.tsx';

const Dialog = lazy(() => import('./dialog.tsx').then((found) => ({ default: found.Dialog })));

/** A Dialog of a screen that rarely needs one: its code is loaded when it opens first. */
export function LaterDialog(props: ComponentProps<typeof Loaded>) {
  return <Suspense>{props.open && <Dialog {...props} />}</Suspense>;
}
