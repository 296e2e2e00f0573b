import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';
import { shared } from '../messages/shared.ts';
import { Button } from './button.tsx';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** One sentence under the title. */
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the main one last. */
  actions?: ReactNode;
  /** A person has to choose: neither Escape nor a click beside it closes it, and there is no cross. */
  mustChoose?: boolean;
  /** A click beside it does not close it: it may be the second one of a double click that opened it. */
  keepsOpen?: boolean;
  wide?: boolean;
  /** What gets the focus first; by default the first control. */
  initialFocus?: RefObject<HTMLElement | null>;
}

/** A dialog over the page. Focus stays in it and returns when it closes. */
export function Dialog(props: DialogProps) {
  const {
    open,
    onClose,
    title,
    description,
    children,
    actions,
    mustChoose = false,
    keepsOpen = mustChoose,
    wide = false,
  } = props;
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => !next && !mustChoose && onClose()}
      disablePointerDismissal={keepsOpen}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 bg-[light-dark(rgb(26_27_25/.28),rgb(0_0_0/.6))] transition-opacity duration-(--slow) data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          {...(props.initialFocus !== undefined && { initialFocus: props.initialFocus })}
          className={`fixed top-[12vh] left-1/2 flex max-h-[76vh] -translate-x-1/2 flex-col rounded-3 bg-bg shadow-pop outline-none transition-opacity duration-(--slow) data-ending-style:opacity-0 data-starting-style:opacity-0 max-sm:top-4 max-sm:max-h-[calc(100dvh-32px)] ${wide ? 'w-[min(720px,calc(100vw-32px))]' : 'w-[min(480px,calc(100vw-32px))]'}`}
        >
          <header className="flex flex-none items-start gap-2 px-5 pt-4 pb-2">
            <div className="min-w-0 grow">
              <Base.Title className="text-15 font-semibold">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description className="mt-1 text-13 text-ink-2">{description}</Base.Description>
              )}
            </div>
            {!mustChoose && (
              <Button
                kind="ghost"
                icon="close"
                iconOnly
                className="-my-1 -mr-2 pointer-coarse:-my-3"
                label={shared.close}
                onClick={onClose}
              />
            )}
          </header>
          <div className="min-h-0 overflow-auto px-5 pb-4">{children}</div>
          {actions !== undefined && (
            <footer className="flex flex-none flex-wrap justify-end gap-2 border-line border-t px-5 py-3">
              {actions}
            </footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
