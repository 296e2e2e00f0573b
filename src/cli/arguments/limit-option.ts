import { Option } from 'commander';
import { numberArgument } from './mapping-arguments.ts';

/** `--limit` of a list of which a page has 20 items. */
export function limitOption(): Option {
  const read = numberArgument('--limit', { integer: true, min: 1, max: 1000 });
  return new Option('--limit <n>', 'how many (default 20)').argParser(read);
}
