import { type Caller, localCaller } from '../../../runner/contract/caller.ts';

/** Whom a conversation belongs to: the key that sent the message. The person at this machine has all of them. */
export function speakerOf({ id }: Caller): string | undefined {
  return id === localCaller('http').id ? undefined : id;
}
