import { QUESTION_HELP } from '../arguments/question-arguments.ts';

/** What the help of `rowmill run` says after its options. */
export const RUN_HELP = `
How a field is filled:
  --map address='Street address'               from a column
  --map postcode='{% $uppercase(Postcode) %}'  from a JSONata expression over the row
  --map note='column:{% odd name %}'           from a column with any name
  --map country='value:"GB"'                   with a constant, written as JSON
Without --map, columns named like the agent's fields are used.
${QUESTION_HELP}

Examples:
  rowmill run tickets.csv --prompt 'Topic of {message}' --output topic:billing|delivery|other --output urgent:boolean
  rowmill run addresses.csv --agent broadband-checker-structured-v2 --dry-run
  rowmill run queries.jsonl -a query-classifier --map query=message --sample 20 --random --max-cost 1
  zcat big.csv.gz | rowmill run - -a my-agent --yes --out - > answers.csv
  rowmill run corrected.csv --continue bat_… --key id
  rowmill run s3://bucket/in.csv -a my-agent@v2 --out s3://bucket/out.csv --tolerate 5 --yes

Rows are numbered from 0, without the header.
Ctrl-C pauses the batch: rows in flight are finished first, and
"rowmill batches resume ID" continues it.`;
