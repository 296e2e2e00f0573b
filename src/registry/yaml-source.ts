import { exactNumber } from '../base/json/exact-number.ts';
import { loadLater } from '../base/process/load-later.ts';

const yaml = loadLater<typeof import('yaml')>('yaml');

/** A parsed YAML text that still knows its lines, counted from 1. */
export interface YamlSource {
  value: unknown;
  /** Faults of the YAML itself. */
  faults: { line: number; message: string }[];
  /** The line of the value at the path, or of the nearest enclosing value. */
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * Parses one YAML document; anchors, aliases and `<<` merges are followed, within yaml's limit on aliases. A whole
 * number that a JavaScript number can't hold is an ExactNumber.
 */
export function openYaml(text: string): YamlSource {
  const { LineCounter, parseDocument, visit } = yaml();
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  const faults = document.errors.map((error) => ({
    line: lineCounter.linePos(error.pos[0]).line,
    message: `is not valid YAML: ${error.message}`,
  }));
  let value: unknown;
  if (faults.length === 0) {
    visit(document, {
      Scalar(key, node) {
        if (key === 'key' || typeof node.value !== 'number' || !LONG_INTEGER.test(node.source ?? '')) return;
        node.value = exactNumber((node.source ?? '').replace(/^\+/, ''));
      },
    });
    try {
      value = document.toJS();
    } catch (thrown) {
      faults.push({ line: 1, message: `is not valid YAML: ${thrown instanceof Error ? thrown.message : thrown}` });
    }
  }
  const lineOf = (path: readonly (string | number)[]): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = offsetOf(document.getIn(path.slice(0, length - 1), true), path[length - 1]);
      if (offset !== undefined) return lineCounter.linePos(offset).line;
    }
    return 1;
  };
  return { value, faults, lineOf };
}

const LONG_INTEGER = /^[-+]?[1-9]\d{15,}$/;

/** The start of a collection's child: its key in a map, which a person looks for. */
function offsetOf(parent: unknown, step: string | number | undefined): number | undefined {
  const { isMap, isScalar } = yaml();
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === step);
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const items = typeof parent === 'object' && parent !== null && 'items' in parent ? parent.items : undefined;
  if (!Array.isArray(items) || typeof step !== 'number') return undefined;
  const item = items[step] as { range?: [number, number, number] } | undefined;
  return item?.range?.[0];
}
