import { Link } from '@tanstack/react-router';
import type { Alert } from '../../data/alerts.ts';
import { messages } from './messages.ts';

/** In a line of text a link needs more than its colour. */
const LINK = 'underline underline-offset-2';

/** What an alert is about, as a link to its screen where it has one. */
export function AboutLink({ about: { kind, id } }: Pick<Alert, 'about'>) {
  const word = messages.kinds[kind];
  if (kind === 'service') return <span className="text-12 text-ink-3">{word}</span>;
  return (
    <span className="text-12 text-ink-3">
      {word} <Target kind={kind} id={id} />
    </span>
  );
}

function Target({ kind, id }: Alert['about']) {
  if (kind === 'batch') {
    return (
      <Link to="/batches/$id/rows" params={{ id }} className={LINK}>
        {id}
      </Link>
    );
  }
  if (kind === 'schedule') {
    return (
      <Link to="/schedules/$name" params={{ name: id }} className={LINK}>
        {id}
      </Link>
    );
  }
  if (kind === 'model') return <span className="text-ink-2">{id}</span>;
  // A queue is named by its agent, as name@version, then its model.
  const [agent = id] = id.split('@');
  if (kind === 'queue') {
    return (
      <Link to="/queues" search={{ agent }} className={LINK}>
        {id}
      </Link>
    );
  }
  return (
    <Link to="/agents/$name" params={{ name: agent }} className={LINK}>
      {id}
    </Link>
  );
}
