import type { JsonObject } from '../../protocol/messages.ts';
import { type QueryMaterial, readQueryMaterial } from './query-material.ts';
import { type Seeded, seeded } from './seeded.ts';

/** A date in MongoDB's extended JSON. */
export interface ExtendedDate extends JsonObject {
  $date: string;
}

/** One invented conversation with a support desk, as a document of a collection in extended JSON. */
export interface SupportQuery extends JsonObject {
  query_id: string;
  channel: 'email' | 'chat' | 'phone';
  language: string;
  received_at: ExtendedDate;
  /** 1 is the most urgent, 4 the least. */
  priority: number;
  /** Of an e-mail. */
  subject: string | null;
  /** What the customer wrote or said; of a phone call, the transcript. */
  query: string;
  conversation: {
    id: string;
    messages: { from: 'customer' | 'agent'; text: string }[];
    /** How long the customer waited for a person. */
    waited_seconds: number;
  };
  customer: { id: string; name: string; country: string; plan: 'free' | 'plus' | 'business'; since: ExtendedDate };
  processed: false;
}

type Message = SupportQuery['conversation']['messages'][number];

/** The time of the first query; each further one is received some minutes later. */
const FIRST = Date.UTC(2026, 9, 5, 7);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The bundled queries with the numbers from `from` on. */
export async function* bundledQueries({
  from = 0,
  count,
}: {
  from?: number;
  count: number;
}): AsyncGenerator<SupportQuery> {
  const material = await readQueryMaterial();
  for (let number = from; number < from + count; number += 1) yield supportQuery(number, material);
}

/** A query by its number from 0 on: the same number always gives the same query. */
export function supportQuery(number: number, material: readonly QueryMaterial[]): SupportQuery {
  const random = seeded(number);
  const spoken = random.pick(material.flatMap((one) => Array.from({ length: one.share }, () => one)));
  const channel = random.pick(['email', 'email', 'email', 'chat', 'chat', 'phone'] as const);
  const name = random.pick(spoken.names);
  const fill = filler(random, spoken);
  const isOdd = spoken.oddities.length > 0 && random.chance(0.03);
  const said = isOdd
    ? { messages: [customer(fill(random.pick(spoken.oddities)))], priority: 4 }
    : compose(random, { spoken, channel, name, fill });
  const receivedAt = FIRST + number * 7 * MINUTE + random.between(0, 6) * MINUTE;
  return {
    query_id: `q-${String(number + 1).padStart(6, '0')}`,
    channel,
    language: spoken.language,
    received_at: dateOf(receivedAt),
    priority: said.priority,
    subject: 'subject' in said ? said.subject : null,
    query: textOf(channel, said.messages),
    conversation: {
      id: `conv-${random.between(100_000, 999_999)}`,
      messages: said.messages,
      waited_seconds: channel === 'email' ? 0 : random.between(5, 900),
    },
    customer: {
      id: `c-${random.between(1_000, 9_999)}`,
      name,
      country: random.pick(spoken.countries),
      plan: random.pick(['free', 'free', 'plus', 'business'] as const),
      since: dateOf(FIRST - random.between(1, 3_000) * DAY),
    },
    processed: false,
  };
}

function dateOf(ms: number): ExtendedDate {
  return { $date: new Date(ms).toISOString() };
}

interface Given {
  spoken: QueryMaterial;
  channel: SupportQuery['channel'];
  name: string;
  fill: (text: string) => string;
}

/** The messages of a situation: an opening, details and requests in a mood, in the form of the channel. */
function compose(random: Seeded, { spoken, channel, name, fill }: Given) {
  const situation = random.pick(spoken.situations);
  const opening = fill(random.pick(situation.openings));
  const details = random.some(situation.details, random.pick([0, 1, 1, 2, 2, 3])).map(fill);
  const asks = random.some(situation.asks, random.pick([0, 1, 1, 1, 2])).map(fill);
  const moods = random.some(spoken.moods[random.pick(situation.moods)], random.pick([0, 1, 1, 2])).map(fill);
  const { priority } = situation;
  const { greetings, closings } = spoken[channel];
  const [greeting, closing] = [random.pick(greetings), fill(random.pick(closings))];
  const body = random.chance(0.5) ? [...details, ...moods] : [...moods, ...details];
  if (channel === 'email') {
    const paragraphs = [
      `${greeting},`,
      [opening, ...body].join(' '),
      asks.join(' '),
      `${closing}\n${name}${random.chance(0.2) ? `\n${random.pick(spoken.cities)}` : ''}`,
    ];
    const text = paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
    return { priority, subject: fill(random.pick(situation.subjects)), messages: [customer(text)] };
  }
  if (channel === 'chat') {
    const typed = typist(random);
    const lines = [greeting, opening, ...body, ...asks, closing].filter((line) => line !== '');
    return { priority, messages: lines.map((line) => customer(typed(line))) };
  }
  const messages: Message[] = [
    { from: 'agent', text: random.pick(spoken.phone.agent) },
    customer(`${greeting} ${opening}`),
    ...[body.join(' '), [...asks, closing].join(' ')].filter((line) => line !== '').map(customer),
  ];
  return { priority, messages };
}

function customer(text: string): Message {
  return { from: 'customer', text };
}

function textOf(channel: SupportQuery['channel'], messages: readonly Message[]): string {
  const lines = messages.map(({ from, text }) => (channel === 'phone' ? `[${from}] ${text}` : text));
  return lines.join('\n');
}

/** Fills the slots; a slot has one value in a query. */
function filler(
  random: Seeded,
  { products, appliances, cities, weekdays, money }: QueryMaterial,
): (text: string) => string {
  const cents = random.pick(['00', '50', '90', '95', '99']);
  const values: Record<string, string> = {
    order: `RM-${random.between(10_000, 99_999)}`,
    product: random.pick(products),
    appliance: random.pick(appliances),
    amount: money.replace('{units}', String(random.between(4, 480))).replace('{cents}', cents),
    days: String(random.between(2, 14)),
    weekday: random.pick(weekdays),
    city: random.pick(cities),
  };
  return (text) => text.replaceAll(/\{(\w+)\}/g, (slot, name: string) => values[name] ?? slot);
}

/** How a customer types in a chat: in lower case or not, with full stops or not, now and then with a slip. */
function typist(random: Seeded): (line: string) => string {
  const [isLower, isBare] = [random.chance(0.5), random.chance(0.6)];
  return (line) => {
    const cased = isLower ? line.toLowerCase() : line;
    const ended = isBare ? cased.replace(/\.$/, '') : cased;
    return random.chance(0.15) ? slip(ended, random) : ended;
  };
}

/** Swaps two letters within a word. */
function slip(line: string, random: Seeded): string {
  const places = [...line.matchAll(/(?<=\p{Ll})\p{Ll}{2}(?=\p{Ll})/gu)].map(({ index }) => index);
  if (places.length === 0) return line;
  const at = random.pick(places);
  return `${line.slice(0, at)}${line[at + 1]}${line[at]}${line.slice(at + 2)}`;
}
