import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

/** One tab of {@link Tabs}. */
export interface Tab<Value extends string> {
  value: Value;
  label: string;
  /** A count behind the label. */
  count?: string | undefined;
  content: ReactNode;
}

interface TabsProps<Value extends string> {
  label: string;
  tabs: readonly Tab<Value>[];
  value: Value;
  /** Write it into the URL. */
  onChange: (value: Value) => void;
}

/** Tabs of a panel. Arrows move between them. */
export function Tabs<Value extends string>({ label, tabs, value, onChange }: TabsProps<Value>) {
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(next as Value)} className="flex min-h-0 flex-1 flex-col">
      <Base.List aria-label={label} className="flex flex-none gap-1 overflow-x-auto border-line border-b px-4">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.value}
            value={tab.value}
            className="touch h-9 border-transparent border-b-2 px-2 font-medium text-ink-2 hover:text-ink data-active:border-accent data-active:text-ink"
          >
            {tab.label}
            {tab.count !== undefined && <span className="ml-1.5 text-11 text-ink-3 tabular-nums">{tab.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="min-h-0 flex-1 overflow-auto">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
