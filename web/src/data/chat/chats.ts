import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../api.ts';
import { type Chat, createChat } from './create-chat.ts';

const chats = new Map<string, Chat>();
/** Tells the other tabs of this browser which conversation has moved on. */
const channel = new BroadcastChannel('rowmill-chats');
const LISTED = 8;

/**
 * The conversation of a thread: its id, or `new`. It is the same one until the page is left.
 * @param onTurn called after each message: an answer may have changed anything
 */
export function chatOf(thread: string, onTurn: () => void): Chat {
  const known = chats.get(thread);
  if (known !== undefined) return known;
  const chat = createChat(thread === 'new' ? undefined : thread, {
    onNamed(id) {
      chats.delete(thread);
      chats.set(id, chat);
    },
    onTurn,
    onMoved: (id) => channel.postMessage(id),
  });
  chats.set(thread, chat);
  return chat;
}

channel.addEventListener('message', ({ data }: MessageEvent<string>) => chats.get(data)?.refresh(true));
// Another browser, or a program, may have written meanwhile.
addEventListener('focus', () => {
  for (const chat of chats.values()) chat.refresh(false);
});

/** The newest conversations of the person who is signed in. */
export function useConversations() {
  return useQuery({
    queryKey: ['conversations'],
    queryFn: async ({ signal }) =>
      (await bodyOf(api.GET('/v1/conversations', { params: { query: { limit: LISTED } }, signal }))).items,
  });
}
