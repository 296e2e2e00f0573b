import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { Permit } from '../../../src/providers/lanes/call-lane.ts';
import { createLanes, type LaneMember, type LanesOptions } from '../../../src/providers/lanes/lane.ts';
import { createEvents } from '../../../src/telemetry/create-events.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { bucket, createLimitedServer, createVirtualClock, seeded } from './lane-world.ts';

const CALL = { requestBytes: 100, maxTokens: 100, waitSignals: [] };
const ANSWERED = {
  kind: 'answered' as const,
  usage: { inputTokens: 30, outputTokens: 10, cacheWriteTokens: 0, cacheReadTokens: 0 },
};
const failed = (code: ErrorCode, options: AppErrorOptions = {}) => ({
  kind: 'failed' as const,
  error: new AppError(code, `${code}.`, { retryable: true, ...options }),
});
const LIMITED = failed('model_rate_limited');
const DOWN = failed('model_server_error');
const OVERLOADED = failed('model_overloaded');
/** A breaker that stays closed. */
const PATIENT = { threshold: 1000, firstOpenMs: 2000, maxOpenMs: 60_000 };

function setUp(options: Partial<LanesOptions> = {}) {
  const clock = createManualClock();
  const lanes = createLanes({ clock, random: () => 1, ...options });
  return { clock, lanes, member: lanes.join('anthropic', 'm') };
}

/** A permit that had not to be waited for. */
function take(member: LaneMember): Permit {
  const permit = member.acquire(CALL);
  if (permit instanceof Promise) throw new Error('it had to be waited for');
  return permit;
}

/** What came of a permit that has to be waited for. */
function wait(member: LaneMember, call: Partial<Parameters<LaneMember['acquire']>[0]> = {}) {
  const entry = member.acquire({ ...CALL, ...call });
  if (!(entry instanceof Promise)) throw new Error('it had not to be waited for');
  const state: { permit?: Permit; error?: AppError } = {};
  entry.then(
    (permit) => {
      state.permit = permit;
    },
    (error: AppError) => {
      state.error = error;
    },
  );
  return state;
}

/** Five calls in flight are refused one after the other: the limit is everybody's. */
function reachLimit(member: LaneMember, options: AppErrorOptions = {}) {
  const permits = Array.from({ length: 5 }, () => take(member));
  return permits.map((permit) => permit.end(failed('model_rate_limited', options)));
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a lane without limits', () => {
  it('gives leave at once, without a promise', () => {
    const member = createLanes({ clock: systemClock }).join('anthropic', 'm');
    for (let call = 0; call < 20_000; call += 1) take(member).end(ANSWERED);
    const began = performance.now();
    for (let call = 0; call < 20_000; call += 1) take(member).end(ANSWERED);
    expect((performance.now() - began) / 20_000).toBeLessThan(0.2);
  });

  it('is one for a provider and model, and another for the next', () => {
    const { lanes, member } = setUp();
    reachLimit(member, { retryAfterMs: 1000 });
    expect(lanes.join('anthropic', 'm').acquire(CALL)).toBeInstanceOf(Promise);
    expect(lanes.join('anthropic', 'other').acquire(CALL)).not.toBeInstanceOf(Promise);
  });
});

describe('a refusal for the rate', () => {
  it('that stands alone concerns its call: the others are sent meanwhile', () => {
    const { member } = setUp();
    for (let call = 1; call <= 100; call += 1) {
      const permit = take(member);
      if (call % 15 !== 0) permit.end(ANSWERED);
      else expect(permit.end(failed('model_rate_limited', { retryAfterMs: 3000 }))).toEqual({ kind: 'alone' });
    }
  });

  it('among many sent at the same time stands alone, although refusals arrive before answers', () => {
    const { member } = setUp();
    const permits = Array.from({ length: 100 }, () => take(member));
    const refused = permits.filter((_, index) => index % 15 === 0);
    for (const permit of refused) expect(permit.end(LIMITED)).toEqual({ kind: 'alone' });
    expect(member.acquire(CALL)).not.toBeInstanceOf(Promise);
  });

  it('that comes with many others rests the whole lane for the time that it names', async () => {
    const { clock, lanes, member } = setUp();
    const other = lanes.join('anthropic', 'm');
    const meanings = reachLimit(member, { retryAfterMs: 3000 });
    expect(meanings.map(({ kind }) => kind)).toEqual(['alone', 'alone', 'alone', 'alone', 'lane']);
    const waiting = wait(other);
    await clock.advance(2999);
    expect(waiting.permit).toBeUndefined();
    await clock.advance(1);
    expect(waiting.permit).toBeDefined();
  });

  it('that names no time rests it longer with each round, and those of one round rest it once', async () => {
    const { clock, member } = setUp();
    const rests: number[] = [];
    let round = Array.from({ length: 5 }, () => take(member));
    for (let count = 0; count < 4; count += 1) {
      for (const permit of round) permit.end(LIMITED);
      const waiting = wait(member);
      const since = clock.monotonic();
      while (waiting.permit === undefined) await clock.advance(125);
      rests.push(clock.monotonic() - since);
      round = [waiting.permit];
    }
    expect(rests).toEqual([250, 500, 1000, 2000]);
    round[0]?.end(ANSWERED);
    for (let call = 0; call < 5; call += 1) take(member).end(LIMITED);
    const waiting = wait(member);
    await clock.advance(250);
    expect(waiting.permit).toBeDefined();
  });

  it('for overload cuts the calls in flight once a round trip, and answers let them grow again', async () => {
    const { member } = setUp({ breaker: PATIENT });
    const inFlight = Array.from({ length: 100 }, () => take(member));
    for (const permit of inFlight.slice(0, 50)) permit.end(OVERLOADED);
    let granted = 0;
    for (let call = 0; call < 100; call += 1) {
      const entry = member.acquire(CALL);
      if (entry instanceof Promise) void entry.then(() => (granted += 1));
      else granted += 1;
    }
    expect(50 + granted).toBe(81);
    for (const permit of inFlight.slice(50)) permit.end(ANSWERED);
    await turn();
    // 50 places came free, and each answer of the full lane brought a tenth of a place.
    expect(granted).toBeGreaterThan(31 + 50);
  });

  it('finds the few calls that a server bears at once', async () => {
    const clock = createVirtualClock();
    const random = seeded(3);
    const server = createLimitedServer({ clock, limits: {}, slots: 10, latencyMs: () => 500 * (0.6 + 0.8 * random()) });
    const member = createLanes({ clock, random }).join('anthropic', 'm');
    for (let caller = 0; caller < 200; caller += 1) void server.work(member);
    await clock.runTo(60_000);
    const before = server.refused;
    const servedBefore = server.served;
    await clock.runTo(180_000);
    expect(server.served - servedBefore).toBeGreaterThan(0.6 * 10 * 2 * 120);
    expect((server.refused - before) / (server.served - servedBefore)).toBeLessThan(0.2);
  });

  it('that goes on for longer than patience allows is told to everybody who waits', async () => {
    const { clock, member } = setUp({ patienceMs: 60_000 });
    let permit = take(member);
    reachLimit(member);
    let bystander: ReturnType<typeof wait> | undefined;
    for (let meaning = permit.end(LIMITED); meaning.kind !== 'given-up'; meaning = permit.end(LIMITED)) {
      expect(clock.monotonic()).toBeLessThan(120_000);
      // By then the lane has one call at a time.
      if (clock.monotonic() > 20_000) bystander ??= wait(member);
      const next = wait(member, { isRepeat: true });
      while (next.permit === undefined) await clock.advance(1000);
      permit = next.permit;
    }
    await turn();
    expect(bystander?.error).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('refused every call'),
    });
  });

  it('that asks to wait longer than patience allows is told at once', () => {
    const { member } = setUp();
    const meaning = take(member).end(failed('model_rate_limited', { retryAfterMs: 3_600_000 }));
    expect(meaning).toMatchObject({ kind: 'given-up', error: { message: expect.stringContaining('1 h') } });
  });
});

describe('a server that only fails', () => {
  const fail = (member: LaneMember, times: number) => Array.from({ length: times }, () => take(member).end(DOWN).kind);

  it('stops the lane after ten faults in a row; those count no more', () => {
    const { member } = setUp();
    expect(fail(member, 9)).toEqual(Array(9).fill('own'));
    expect(fail(member, 1)).toEqual(['lane']);
    expect(member.acquire(CALL)).toBeInstanceOf(Promise);
  });

  it('does not stop it while answers come between', () => {
    const { member } = setUp();
    for (let round = 0; round < 5; round += 1) {
      fail(member, 9);
      take(member).end(ANSWERED);
    }
    expect(member.acquire(CALL)).not.toBeInstanceOf(Promise);
  });

  it('is tried by one call at a time, ever later, until it answers', async () => {
    const { clock, member } = setUp();
    fail(member, 10);
    const waiting = Array.from({ length: 5 }, () => wait(member));
    const granted = () => waiting.filter(({ permit }) => permit !== undefined).length;
    await clock.advance(1999);
    expect(granted()).toBe(0);
    await clock.advance(1);
    expect(granted()).toBe(1);
    waiting[0]?.permit?.end(DOWN);
    await clock.advance(3999);
    expect(granted()).toBe(1);
    await clock.advance(1);
    expect(granted()).toBe(2);
    waiting[1]?.permit?.end(ANSWERED);
    await turn();
    expect(granted()).toBe(5);
  });

  it('a probe that is cancelled lets the next one go', async () => {
    const { clock, member } = setUp();
    fail(member, 10);
    const [first, second] = [wait(member), wait(member)];
    await clock.advance(2000);
    first.permit?.end(failed('aborted', { retryable: false }));
    await turn();
    expect(second.permit).toBeDefined();
  });

  it('for longer than patience allows is told to everybody who waits, with the cause', async () => {
    const { clock, member } = setUp({ patienceMs: 60_000 });
    fail(member, 10);
    const bystander = wait(member);
    for (let probe = wait(member, { isRepeat: true }); ; probe = wait(member, { isRepeat: true })) {
      while (probe.permit === undefined) await clock.advance(1000);
      const meaning = probe.permit.end(DOWN);
      if (meaning.kind !== 'given-up') continue;
      expect(meaning.error.cause).toMatchObject({ code: 'model_server_error' });
      break;
    }
    await turn();
    expect(bystander.error).toMatchObject({ code: 'model_unavailable' });
    expect(clock.monotonic()).toBeLessThan(130_000);
  });
});

describe('those who wait', () => {
  /** A lane whose one place is taken; each end of a call gives it to the next. */
  function oneAtATime() {
    const world = setUp({ breaker: PATIENT });
    const held = take(world.member);
    for (const permit of Array.from({ length: 5 }, () => take(world.member))) permit.end(OVERLOADED);
    take(world.member).end(OVERLOADED);
    return { ...world, held };
  }

  it('have their turns by priority', async () => {
    const { clock, lanes, held } = oneAtATime();
    const members = [2, 6].map((priority) => lanes.join('anthropic', 'm', { priority }));
    const queues = members.map((member) => Array.from({ length: 80 }, () => wait(member)));
    await clock.advance(1000);
    let current: Permit | undefined = held;
    const count = (queue: (typeof queues)[number] | undefined) =>
      queue?.filter(({ permit }) => permit !== undefined).length ?? 0;
    const ended = new Set<Permit>();
    while (count(queues[0]) + count(queues[1]) < 80) {
      if (current === undefined) throw new Error('nobody has a turn');
      current.end({ kind: 'not-sent' });
      ended.add(current);
      await turn();
      current = queues.flat().find(({ permit }) => permit !== undefined && !ended.has(permit))?.permit;
    }
    expect(count(queues[0])).toBeGreaterThanOrEqual(19);
    expect(count(queues[0])).toBeLessThanOrEqual(21);
  });

  it('keep their order, and a call that was sent before goes first', async () => {
    const { clock, member } = setUp();
    reachLimit(member, { retryAfterMs: 1000 });
    const order: string[] = [];
    const enter = async (name: string, isRepeat: boolean) => {
      const permit = await member.acquire({ ...CALL, isRepeat });
      order.push(name);
      permit.end(ANSWERED);
    };
    void enter('first', false);
    void enter('second', false);
    void enter('again', true);
    await clock.advance(1000);
    expect(order).toEqual(['again', 'first', 'second']);
  });

  it('leave when their signal fires, and hold nobody up', async () => {
    const { clock, member } = setUp();
    reachLimit(member, { retryAfterMs: 1000 });
    const leaving = new AbortController();
    const waiting = [wait(member, { waitSignals: [leaving.signal] }), wait(member)];
    leaving.abort();
    await turn();
    expect(waiting[0]?.error).toMatchObject({ code: 'aborted' });
    await clock.advance(1000);
    expect(waiting[1]?.permit).toBeDefined();
    expect(clock.sleepers()).toBe(0);
  });

  it('leave no timer behind when all have left', async () => {
    const { clock, member } = setUp();
    reachLimit(member, { retryAfterMs: 60_000 });
    const leaving = new AbortController();
    wait(member, { waitSignals: [leaving.signal] });
    expect(clock.sleepers()).toBe(1);
    leaving.abort();
    await turn();
    expect(clock.sleepers()).toBe(0);
  });
});

it('reports when a lane rests, stops and goes again, once for each change', async () => {
  const events = createEvents({ log: createSilentLog() });
  const states: unknown[] = [];
  events.on('lane-state', (state) => states.push(state));
  const { clock, member } = setUp({ events, breaker: { threshold: 2, firstOpenMs: 2_000, maxOpenMs: 60_000 } });
  take(member).end(ANSWERED);
  reachLimit(member, { retryAfterMs: 400 });
  await clock.advance(400);
  take(member).end(ANSWERED);
  for (let fault = 0; fault < 2; fault += 1) take(member).end(DOWN);
  await clock.advance(2_000);
  take(member).end(ANSWERED);
  await turn();
  const lane = { provider: 'anthropic', model: 'm', inFlight: 0 };
  expect(states).toMatchObject([
    { ...lane, state: 'cooling', waitMs: 400 },
    { ...lane, state: 'open', waitMs: 0 },
    { ...lane, state: 'stopped', waitMs: 2_000 },
    { ...lane, state: 'open', waitMs: 0 },
  ]);
});

describe('limits of our own', () => {
  it('hold in every minute, the strictest of all members', async () => {
    const clock = createVirtualClock();
    const random = seeded(5);
    const server = createLimitedServer({ clock, limits: {}, latencyMs: () => 200 });
    const lanes = createLanes({ clock, random });
    const member = lanes.join('anthropic', 'm', { caps: { requestsPerMinute: 600 } });
    const stricter = lanes.join('anthropic', 'm', { caps: { requestsPerMinute: 300 } });
    for (let caller = 0; caller < 50; caller += 1) void server.work(member);
    const served = [0];
    for (let second = 1; second <= 180; second += 1) {
      await clock.runTo(second * 1000);
      served.push(server.served);
      if (second === 120) stricter.leave();
    }
    const inMinuteTo = (second: number) => (served[second] ?? 0) - (served[second - 60] ?? 0);
    for (let second = 60; second <= 120; second += 1) {
      expect(inMinuteTo(second)).toBeLessThanOrEqual(300);
      expect(inMinuteTo(second)).toBeGreaterThan(285);
    }
    expect(inMinuteTo(180)).toBeGreaterThan(570);
    expect(inMinuteTo(180)).toBeLessThanOrEqual(600);
  });

  it.each([600, 60, 6000, 90])('hold in every second, the first included: %i calls a minute', async (perMinute) => {
    const virtual = createVirtualClock();
    const member = createLanes({ clock: virtual, random: seeded(7) }).join('anthropic', 'm', {
      caps: { requestsPerMinute: perMinute },
    });
    const sent: number[] = [];
    const work = async () => {
      while (virtual.now() < 30_000) {
        const permit = await member.acquire(CALL);
        sent.push(virtual.now());
        await virtual.sleep(5);
        permit.end(ANSWERED);
      }
    };
    for (let caller = 0; caller < 50; caller += 1) void work();
    await virtual.runTo(30_000);
    const inSecondFrom = (start: number) => sent.filter((at) => at >= start && at < start + 1000).length;
    expect(Math.max(...sent.map(inSecondFrom))).toBeLessThanOrEqual(Math.ceil(perMinute / 60));
    expect(sent.length).toBeGreaterThan((perMinute / 2) * 0.93);
  });

  it('hold for tokens, by what calls turn out to use', async () => {
    const clock = createVirtualClock();
    const random = seeded(6);
    const tokens = () => ({ input: 400 + Math.floor(400 * random()), output: 10 });
    const server = createLimitedServer({ clock, limits: {}, latencyMs: () => 300, tokens });
    const member = createLanes({ clock, random }).join('anthropic', 'm', { caps: { inputTokensPerMinute: 60_000 } });
    for (let caller = 0; caller < 30; caller += 1) void server.work(member);
    await clock.runTo(60_000);
    const before = server.served;
    await clock.runTo(360_000);
    expect(((server.served - before) * 600) / 5).toBeGreaterThan(57_000);
    expect(((server.served - before) * 600) / 5).toBeLessThan(63_000);
  });
});

it('paces by a limit of input tokens that headers tell', async () => {
  const clock = createVirtualClock();
  const random = seeded(8);
  const tokens = () => ({ input: 300 + Math.floor(600 * random()), output: 40 });
  const server = createLimitedServer({
    clock,
    limits: { requests: bucket(4000), inputTokens: bucket(80_000, 20_000) },
    latencyMs: () => 600 * (0.6 + 0.8 * random()),
    tokens,
  });
  const member = createLanes({ clock, random }).join('anthropic', 'm');
  void server.work(member);
  await clock.runTo(1500);
  for (let caller = 1; caller < 60; caller += 1) void server.work(member);
  await clock.runTo(300_000);
  expect((server.served * 600) / (20_000 + 5 * 80_000)).toBeGreaterThan(0.95);
  expect(server.refused / (server.served + server.refused)).toBeLessThan(0.01);
});

it('says of each lane how it is, what is in flight and what waits', async () => {
  const { lanes, member } = setUp({ breaker: PATIENT });
  lanes.join('openai', 'mini');
  const permits = [take(member), take(member)];
  expect(lanes.states()).toEqual([
    { provider: 'anthropic', model: 'm', state: 'open', waitMs: 0, inFlight: 2, waiting: 0 },
    { provider: 'openai', model: 'mini', state: 'open', waitMs: 0, inFlight: 0, waiting: 0 },
  ]);
  for (const permit of permits) permit.end(failed('model_rate_limited', { retryAfterMs: 3_000 }));
  reachLimit(member, { retryAfterMs: 3_000 });
  wait(member);
  const [state] = lanes.states();
  expect(state).toMatchObject({ state: 'cooling', inFlight: 0, waiting: 1 });
  expect(state?.waitMs).toBeGreaterThan(0);
});
