import { Link, useParams } from '@tanstack/react-router';
import { useConversations } from '../../data/chat/chats.ts';
import { formatExact, formatWhen } from '../../data/format.ts';
import { Stale } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** A chat without a message: what can be asked, and the earlier ones. */
export function NewChat({ onIdea }: { onIdea: (text: string) => void }) {
  const { id } = useParams({ strict: false });
  const query = useConversations();
  const earlier = query.data ?? [];
  const ideas = id?.startsWith('bat_') ? messages.ideas.batch(id) : messages.ideas.anywhere;
  return (
    <div className="grid gap-4 p-4">
      <p className="text-ink-2">{messages.empty}</p>
      <section aria-labelledby="chat-ideas">
        <h3 id="chat-ideas" className="text-ink-2">
          {messages.ideas.title}
        </h3>
        <ul>
          {ideas.map((idea) => (
            <li key={idea}>
              <button
                type="button"
                onClick={() => onIdea(idea)}
                className="touch py-1 text-left text-accent [overflow-wrap:anywhere] hover:underline"
              >
                {idea}
              </button>
            </li>
          ))}
        </ul>
      </section>
      {earlier.length > 0 && (
        <section aria-labelledby="chat-earlier">
          <h3 id="chat-earlier" className="flex gap-2 text-ink-2">
            {messages.earlier} <Stale query={query} />
          </h3>
          <ul>
            {earlier.map((conversation) => (
              <li key={conversation.id} className="flex items-baseline gap-2 border-line border-b py-1">
                <Link
                  to="."
                  search={(old) => ({ ...old, chat: conversation.id })}
                  className="touch cut min-w-0 grow text-ink"
                >
                  {conversation.first_message ?? messages.untitled}
                </Link>
                <time
                  dateTime={conversation.updated_at}
                  title={formatExact(conversation.updated_at)}
                  className="flex-none text-12 text-ink-3"
                >
                  {formatWhen(conversation.updated_at)}
                </time>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
