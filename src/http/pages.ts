import { z } from '@hono/zod-openapi';
import { AppError } from '../base/errors.ts';

/** Pages of one list. */
export interface Pages<Position> {
  /** The text that a client sends to get the page from a position on. It is opaque. */
  cursorAt(position: Position): string;
  /**
   * The position that a client sent; undefined for the first page.
   * @throws AppError `invalid_arguments` for a text that is no cursor of this list
   */
  positionOf(cursor: string | undefined): Position | undefined;
}

/**
 * Pages of a list by a position in it, such as the time and id of its last item.
 * @param list the name of the list: a cursor of another one is refused
 */
export function createPages<Schema extends z.ZodType>(list: string, schema: Schema): Pages<z.output<Schema>> {
  const cursor = z.tuple([z.literal(list), schema]);
  return {
    cursorAt: (position) => Buffer.from(JSON.stringify([list, position])).toString('base64url'),
    positionOf(text) {
      if (text === undefined) return undefined;
      const parsed = cursor.safeParse(parse(Buffer.from(text, 'base64url').toString()));
      if (parsed.success) return parsed.data[1] as z.output<Schema>;
      const message = `"${text.slice(0, 40)}" is not a cursor of this list.`;
      const fix = 'Send the next_cursor of the page before, or leave it out for the first page.';
      throw new AppError('invalid_arguments', `query.cursor: ${message} ${fix}`, {
        faults: [{ place: 'query.cursor', message, fix }],
      });
    },
  };
}

/** The query of a list. A route adds its filters: `strict({ ...pageQuery(), status: … })`. */
export function pageQuery({ most = 200, limit = 50 }: { most?: number; limit?: number } = {}) {
  return {
    cursor: z.string().max(1000).optional().openapi({ description: 'The next_cursor of the page before.' }),
    limit: z.coerce.number().int().min(1).max(most).default(limit).openapi({
      type: 'integer',
      minimum: 1,
      maximum: most,
      default: limit,
      description: 'The most items of a page.',
    }),
  };
}

/** The body of a page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next_cursor: z
      .string()
      .nullable()
      .openapi({ description: 'Send it as cursor to get the next page; null: the end.' }),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
