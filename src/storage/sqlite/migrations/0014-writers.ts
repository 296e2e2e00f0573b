/**
 * The batch whose table was the last at a place. A retry of an older batch does not replace it. Null in older versions.
 */
export const WRITERS = `
ALTER TABLE written_tables ADD COLUMN batch TEXT;
`;
