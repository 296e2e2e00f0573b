import { formatExact, formatWhen } from '../../data/format.ts';
import type { Schedule } from '../../data/schedules.ts';
import { Facts } from '../../ui/facts.tsx';
import { Section } from '../../ui/section.tsx';
import { messages } from './messages.ts';
import { NextTimes } from './next-times.tsx';
import { useWork } from './use-work.ts';
import { limitText } from './work-text.ts';

const { one } = messages;

/** What a schedule runs, when, and for how much. */
export function ScheduleDetails({ schedule }: { schedule: Schedule }) {
  const { cron, in_words: words, zone, time_zone: own, next, owner, updated_at: changed } = schedule;
  const { what, how } = useWork(schedule);
  return (
    <Section title={one.details}>
      <div className="px-4">
        <Facts
          facts={[
            [
              one.runs,
              <span key="work">
                {what}
                {how !== '' && <span className="block text-12 text-ink-3">{how}</span>}
              </span>,
            ],
            [
              one.when,
              <span key="when">
                {words ?? messages.form.own}
                <span className="block text-12 text-ink-3">
                  <code className="text-11">{cron}</code>{' '}
                  {messages.zone(own === null ? messages.serverZone(zone) : zone)}
                </span>
              </span>,
            ],
            [
              one.next,
              next.length === 0 ? (
                <span key="off" className="text-ink-3">
                  {one.offNote}
                </span>
              ) : (
                <NextTimes key="next" next={next} zone={zone} />
              ),
            ],
            [one.cap, limitText(schedule)],
            [one.owner, owner],
            [
              one.changed,
              <span key="changed" title={formatExact(changed)}>
                {formatWhen(changed)}
              </span>,
            ],
          ]}
        />
      </div>
    </Section>
  );
}
