/** A key as it looks on a keyboard. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-block min-w-4.5 rounded-1 border border-line-2 px-1 text-center font-medium font-sans text-11 text-ink-3">
      {children}
    </kbd>
  );
}
