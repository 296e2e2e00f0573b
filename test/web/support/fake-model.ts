import { echoAnswer } from '../../support/echo-agent.ts';
import { type Fault, type MessagesServer, startMessagesServer } from '../../support/messages-server.ts';
import type { WireAnswer, WireRequest } from '../../support/messages-wire.ts';

/** How the fake model answers one request. */
export type Respond = (request: WireRequest, number: number) => WireAnswer | Fault | Promise<WireAnswer | Fault>;

/** A model behind Anthropic's wire format that answers when a test says so. */
export interface FakeModel {
  /** For `ANTHROPIC_BASE_URL`. */
  url: string;
  stats: MessagesServer['stats'];
  /** Further requests wait. */
  hold(): void;
  /** Lets waiting requests go: the first `count` of them, or all, and then every further one. */
  release(count?: number): void;
  /** How many requests wait. */
  waiting(): number;
  /** Lets exactly so many requests go, those that wait and those that come; every further one waits. */
  allow(count: number): void;
  /** Answers otherwise than by echo from now on. */
  answerWith(respond: Respond): void;
  /** Answers every request at once, those that wait too, by echo again. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts the model. It answers at once, by echoing each row, until a test says otherwise. */
export async function startFakeModel(): Promise<FakeModel> {
  let isHeld = false;
  let respond: Respond = echoAnswer;
  let allowed = 0;
  const waiting: (() => void)[] = [];
  const server = await startMessagesServer({
    respond: async (request, { number }) => {
      if (isHeld && allowed > 0) allowed -= 1;
      else if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
      return respond(request, number);
    },
  });
  const model: FakeModel = {
    url: server.url,
    stats: server.stats,
    hold() {
      isHeld = true;
    },
    release(count) {
      if (count === undefined) isHeld = false;
      for (const go of waiting.splice(0, count ?? waiting.length)) go();
    },
    waiting: () => waiting.length,
    allow(count) {
      isHeld = true;
      const now = waiting.splice(0, count);
      allowed = count - now.length;
      for (const go of now) go();
    },
    answerWith(given) {
      respond = given;
    },
    reset() {
      respond = echoAnswer;
      allowed = 0;
      model.release();
    },
    async close() {
      for (const go of waiting.splice(0)) go();
      await server.close();
    },
  };
  return model;
}
