import { useState } from 'react';
import { namesOf, rolesOf, withColumnName } from '../draft/draft-request.ts';
import { useDraft } from '../draft/open-draft.ts';
import { messages } from '../messages.ts';
import { PARAM_PREFIX } from '../prompt/param-prefix.ts';
import { TypedName } from '../typed-name.tsx';

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N} _-]*$/u;

/** The name of a column, which a click changes: the prompt knows the column by it, the table keeps its own. */
export function ColumnName({ column, columns }: { column: string; columns: readonly string[] }) {
  const { draft, request } = useDraft();
  const [isOpen, setOpen] = useState(false);
  const names = namesOf(request, columns);
  const name = names.get(column) ?? column;
  if (rolesOf(request, columns).get(column) !== 'prompt') return <span className="cut block">{column}</span>;
  if (!isOpen) {
    return (
      <button
        type="button"
        title={name === column ? messages.data.rename(column) : messages.data.renamed(column)}
        onClick={() => setOpen(true)}
        className="cut -mx-1 block max-w-full rounded-1 px-1 text-left hover:bg-hover hover:text-ink"
      >
        {name}
      </button>
    );
  }
  const others = columns.filter((one) => one !== column).flatMap((one) => [one, names.get(one) ?? one]);
  return (
    <TypedName
      autoFocus
      value={name}
      aria-label={messages.data.nameOf(column)}
      onFocus={({ target }) => target.select()}
      faultOf={(text) => {
        if (!NAME.test(text) || `${text}.` === PARAM_PREFIX) return messages.data.nameFault;
        return others.includes(text) ? messages.data.nameTwice : '';
      }}
      onTyped={(text) => {
        setOpen(false);
        if (text !== name) draft.change(withColumnName(request, columns, { column, name: text }));
      }}
    />
  );
}
