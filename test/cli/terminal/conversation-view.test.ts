import { expect, it } from 'vitest';
import { createConversationView } from '../../../src/cli/terminal/conversation-view.ts';
import { createNotices } from '../../../src/cli/terminal/notices.ts';
import { ioWith } from './terminal-io.ts';

it('ends a line of the answer before a notice', () => {
  const { io, written } = ioWith(true);
  const notices = createNotices(io.stderr);
  const view = createConversationView({ ...io, stdout: io.stderr, notices }, false);
  view.show({ type: 'text-delta', text: 'There are ' });
  notices.say('It waits.');
  view.show({ type: 'text-delta', text: 'three rows. ' });
  expect(written()).toBe('There are\nIt waits.\nthree rows.');
});
