import type { ReactNode } from 'react';

/** Shapes on a grid of 16 units; strokes take the colour of the text. */
const SHAPES = {
  succeeded: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" stroke="none" />
      <path d="m4.8 8.2 2.2 2.2 4.2-4.6" stroke="var(--bg)" strokeWidth="1.7" />
    </>
  ),
  failed: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" stroke="none" />
      <path d="m5.5 5.5 5 5m0-5-5 5" stroke="var(--bg)" strokeWidth="1.7" />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6" strokeOpacity=".28" strokeWidth="2" />
      <path d="M8 2a6 6 0 0 1 6 6" strokeWidth="2" className="origin-center animate-turn" />
    </>
  ),
  queued: (
    <>
      <circle cx="8" cy="8" r="6" strokeDasharray="2.2 2.5" />
    </>
  ),
  paused: (
    <>
      <rect x="3" y="2" width="3.6" height="12" rx="1" fill="currentColor" stroke="none" />
      <rect x="9.4" y="2" width="3.6" height="12" rx="1" fill="currentColor" stroke="none" />
    </>
  ),
  'at-provider': (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" stroke="none" />
    </>
  ),
  'needs-you': (
    <>
      <path d="M8 1.2 15.4 14.4H.6z" fill="currentColor" stroke="none" />
      <path d="M8 6v4M8 12.1v.1" stroke="var(--bg)" strokeWidth="1.6" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="m3.8 3.8 8.4 8.4" />
    </>
  ),
  plus: (
    <>
      <path d="M8 3v10M3 8h10" />
    </>
  ),
  batches: (
    <>
      <path d="M2 4h12M2 8h12M2 12h7" />
    </>
  ),
  queues: (
    <>
      <path d="M2 3h8v3H2zM2 10h8v3H2z" />
      <path d="M13 3v10m-1.5-1.5L13 13l1.5-1.5" />
    </>
  ),
  monitor: (
    <>
      <path d="M2 13h12M3 10l3-4 3 2.5L13 3" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.5V8l2.5 1.5" />
    </>
  ),
  bell: (
    <>
      <path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.5 14h3" />
    </>
  ),
  workers: (
    <>
      <path d="M2 2.5h12V7H2zM2 9h12v4.5H2zM4.5 4.75h.01M4.5 11.25h.01" />
    </>
  ),
  agent: (
    <>
      <rect x="3" y="5" width="10" height="8" rx="2" />
      <path d="M8 2v3M6 8.5v1m4-1v1" />
    </>
  ),
  settings: (
    <>
      <circle cx="8" cy="8" r="2.2" />
      <path d="M8 1.8v2m0 8.4v2M1.8 8h2m8.4 0h2M3.6 3.6 5 5m6 6 1.4 1.4m0-8.8L11 5m-6 6-1.4 1.4" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  close: (
    <>
      <path d="m4 4 8 8m0-8-8 8" />
    </>
  ),
  down: (
    <>
      <path d="m4 6 4 4 4-4" />
    </>
  ),
  up: (
    <>
      <path d="m4 10 4-4 4 4" />
    </>
  ),
  right: (
    <>
      <path d="m6 4 4 4-4 4" />
    </>
  ),
  left: (
    <>
      <path d="m10 4-4 4 4 4" />
    </>
  ),
  dots: (
    <>
      <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.2" />
    </>
  ),
  chat: (
    <>
      <path d="M2.5 3h11v8H7l-3 2.5V11H2.5z" />
    </>
  ),
  download: (
    <>
      <path d="M8 2v8m-3-3 3 3 3-3M3 13.5h10" />
    </>
  ),
  columns: (
    <>
      <path d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10" />
    </>
  ),
  model: (
    <>
      <path d="M3 3h10v10H3z" />
      <path d="M5.5 8h5M5.5 10.3h3M5.5 5.7h5" />
    </>
  ),
  tool: (
    <>
      <path d="m9.5 6.5 4-4m-11 11 5-5m1-5a3 3 0 0 0 4 4l-7 7-2-2 7-7" />
    </>
  ),
  map: (
    <>
      <path d="M2 5h9m-2-2 2 2-2 2M14 11H5m2-2-2 2 2 2" />
    </>
  ),
  check: (
    <>
      <path d="m3.5 8.5 3 3 6-7" />
    </>
  ),
  grip: (
    <>
      <path d="M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01" strokeWidth="2" />
    </>
  ),
  retry: (
    <>
      <path d="M13 8a5 5 0 1 1-1.5-3.5L13 6m0-3v3h-3" />
    </>
  ),
  undo: (
    <>
      <path d="M3 8a5 5 0 1 0 1.5-3.5L3 6m0-3v3h3" />
    </>
  ),
  file: (
    <>
      <path d="M4 1.5h5l3 3v10H4zM9 1.5v3h3" />
    </>
  ),
  play: (
    <>
      <path d="M5 3v10l8-5z" />
    </>
  ),
  menu: (
    <>
      <path d="M2 4h12M2 8h12M2 12h12" />
    </>
  ),
  hourglass: (
    <>
      <path d="M4.5 2h7M4.5 14h7M5 2c0 4 6 4.5 6 8v4M11 2c0 4-6 4.5-6 8v4" />
    </>
  ),
  send: (
    <>
      <path d="M8 13V3M4 7l4-4 4 4" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.5v3.200M8 5.200v.1" />
    </>
  ),
} satisfies { [name: string]: ReactNode };

/** The name of a shape. */
export type IconName = keyof typeof SHAPES;

/** A shape of 16 by 16 pixels beside a word. Alone it needs a label on its control. */
export function Icon({ name, className = 'size-4' }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={`${className} flex-none fill-none stroke-current stroke-[1.5]`}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {SHAPES[name]}
    </svg>
  );
}
