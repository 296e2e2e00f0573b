import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';

/** Words beside a control that shows only an icon. The control needs its own label for screen readers. */
export function Tooltip({
  text,
  side = 'right',
  children,
}: {
  text: string;
  side?: 'right' | 'bottom' | 'top';
  children: ReactElement;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner side={side} sideOffset={6} className="z-20">
          <Base.Popup className="rounded-2 bg-ink px-2 py-1 text-12 text-bg">{text}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
