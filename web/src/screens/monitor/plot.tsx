import { type KeyboardEvent, useRef } from 'react';

const HEIGHT = 100;

interface PlotProps {
  /** Its text alternative; the numbers stand in the table. */
  label: string;
  /** One or two lines over the same steps; the second is dashed. null: nothing is known. */
  lines: readonly (readonly (number | null)[])[];
  /** The upper end of the axis; the lower one is `least`. */
  most: number;
  least?: number;
  /** The step under the pointer, in all charts of the screen. */
  pointed: number | undefined;
  onPoint: (step: number | undefined) => void;
  onOpen: (step: number) => void;
  /** What moving through the steps is called, and what is read at a step. */
  moves: string;
  textAt: (step: number) => string;
}

/** Lines over time, stretched to the width that there is. The pointer and the arrows move through the steps. */
export function Plot({ label, lines, most, least = 0, pointed, onPoint, onOpen, moves, textAt }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const steps = lines[0]?.length ?? 0;
  const width = Math.max(1, steps - 1);
  const y = (value: number) => HEIGHT - ((value - least) / Math.max(most - least, Number.MIN_VALUE)) * HEIGHT;
  const stepAt = (clientX: number): number | undefined => {
    const frame = box.current?.getBoundingClientRect();
    if (frame === undefined || frame.width === 0) return undefined;
    return Math.max(0, Math.min(steps - 1, Math.round(((clientX - frame.left) / frame.width) * width)));
  };
  const at = Math.min(pointed ?? steps - 1, steps - 1);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const targets: { [key: string]: number } = {
      ...{ ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1 },
      ...{ PageDown: at - 10, PageUp: at + 10, Home: 0, End: steps - 1 },
    };
    const step = targets[event.key];
    if (event.key === 'Enter') onOpen(at);
    else if (step !== undefined) onPoint(Math.max(0, Math.min(steps - 1, step)));
    else return;
    event.preventDefault();
  };
  return (
    <div className="relative">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        className="block h-25 w-full overflow-visible fill-none"
      >
        <rect width={width} height={HEIGHT} className="fill-transparent" />
        {[0, HEIGHT / 2, HEIGHT].map((at) => (
          <line key={at} x1={0} x2={width} y1={at} y2={at} vectorEffect="non-scaling-stroke" className="stroke-line" />
        ))}
        {pointed !== undefined && pointed < steps && (
          <line
            x1={pointed}
            x2={pointed}
            y1={0}
            y2={HEIGHT}
            vectorEffect="non-scaling-stroke"
            strokeDasharray="2 2"
            className="stroke-ink-2"
          />
        )}
        {lines.toReversed().map((values, index) => (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a chart never change places
            key={index}
            d={pathOf(values, y)}
            vectorEffect="non-scaling-stroke"
            strokeWidth="1.5"
            strokeLinejoin="round"
            strokeLinecap="round"
            {...(index === lines.length - 1
              ? { className: 'stroke-accent' }
              : { className: 'stroke-ink-3', strokeDasharray: '3 3' })}
          />
        ))}
        {lines.map((values, index) => (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a chart never change places
            key={index}
            d={dotsOf(values, y)}
            vectorEffect="non-scaling-stroke"
            strokeWidth="4"
            strokeLinecap="round"
            className={index === 0 ? 'stroke-accent' : 'stroke-ink-3'}
          />
        ))}
      </svg>
      <div
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={moves}
        aria-valuemin={0}
        aria-valuemax={steps - 1}
        aria-valuenow={at}
        aria-valuetext={textAt(at)}
        className="absolute inset-0 cursor-pointer"
        onPointerMove={({ clientX }) => onPoint(stepAt(clientX))}
        onPointerLeave={() => onPoint(undefined)}
        onClick={({ clientX }) => {
          const step = stepAt(clientX);
          if (step !== undefined) onOpen(step);
        }}
        onKeyDown={press}
        onFocus={({ target }) => target.matches(':focus-visible') && onPoint(at)}
        onBlur={() => onPoint(undefined)}
      />
    </div>
  );
}

/** A line with a gap where nothing is known. */
function pathOf(values: readonly (number | null)[], y: (value: number) => number): string {
  return values
    .map((value, step) => {
      if (value === null) return '';
      const isFirst = step === 0 || values[step - 1] === null;
      return `${isFirst ? 'M' : 'L'}${step} ${y(value).toFixed(2)}`;
    })
    .join('');
}

/** Values between two gaps, which have no line. */
function dotsOf(values: readonly (number | null)[], y: (value: number) => number): string {
  return values
    .map((value, step) => {
      const isAlone = (values[step - 1] ?? null) === null && (values[step + 1] ?? null) === null;
      return value === null || !isAlone ? '' : `M${step} ${y(value).toFixed(2)}h0`;
    })
    .join('');
}
