import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateEstimates, SAMPLE, STAGES, worthOf } from '../estimate/evaluate.ts';
import { type Part, type Verdict, verdict } from '../part.ts';

const ROWS = 120;
const NAMES = {
  before: 'before anything ran',
  sampled: `the rest, after a sample of ${SAMPLE} rows`,
  later: 'another table, after a batch',
};
/** The widest range, as high over low, and the least share of ranges that hold. */
const WIDEST = { before: 3, sampled: 1.5, later: 1.5 };
const HELD = 0.9;
/** What is asked about and capped is the high end: it may be this share of what is paid, and no less. */
const LOWEST = 0.9;

/** How well estimates hold what is then paid, over many agents and tables. */
export const estimate: Part = async ({ isQuick, folder, progress }) => {
  const own = join(folder, 'estimate');
  await mkdir(own, { recursive: true });
  const judged = await evaluateEstimates({ count: isQuick ? 18 : 40, rows: ROWS }, { folder: own, progress });
  const rows: string[][] = [];
  const verdicts: Verdict[] = [];
  for (const stage of STAGES) {
    const { held, widest, lowestHigh, error } = worthOf(judged.map((one) => one[stage]));
    const figures = [`${Math.round(held * 100)} %`, `${Math.round(error * 100)} %`, widest.toFixed(2)];
    rows.push([NAMES[stage], ...figures, lowestHigh.toFixed(2)]);
    verdicts.push(
      verdict(`${NAMES[stage]}: ranges that hold`, held, { least: HELD }),
      verdict(`${NAMES[stage]}: high over low`, widest, { most: WIDEST[stage] }),
      verdict(`${NAMES[stage]}: lowest high end over paid`, lowestHigh, { least: LOWEST }),
    );
  }
  return {
    title: 'Estimates',
    about:
      `${judged.length} agents with a table of ${ROWS} rows, over Anthropic's, OpenAI's, Gemini's and compatible formats, each through the provider's own SDK to a ` +
      'server that counts with `o200k_base`, times a factor between 0.8 and 1.35 for each agent, and answers with recorded ' +
      'answers drawn at random. The estimator has neither that tokenizer nor the factors nor the answers. The error is the mean distance of the ' +
      'expected cost from what was paid; the high end is what is asked about and capped.',
    header: ['estimate of', 'ranges that hold what was paid', 'mean error', 'widest range', 'lowest high end, of paid'],
    rows,
    verdicts,
  };
};
