import type { TableWarning, TextFacts } from '../row-source.ts';

/** What is to be said about how a text file is read, before any row is read. */
export function textFindings({ encoding, confidence, lineEnd }: TextFacts): TableWarning[] {
  return [...lineEndFindings(lineEnd), ...encodingFindings(encoding, confidence)];
}

function lineEndFindings(lineEnd: TextFacts['lineEnd']): TableWarning[] {
  if (lineEnd !== 'mixed') return [];
  const message =
    'Some lines end in a carriage return alone and others in a line feed: each is read as the end of a line.';
  return [{ code: 'mixed_line_ends', message }];
}

function encodingFindings(encoding: string, confidence: number | undefined): TableWarning[] {
  if (confidence === undefined || encoding === 'utf-8') return [];
  const sure = `${Math.min(99, Math.floor(confidence * 100))} % sure`;
  const message = `The encoding was guessed from the content: ${encoding}, ${sure}. If cells look wrong, give --encoding (reading.encoding).`;
  return [{ code: 'encoding_guessed', message }];
}
