/** How far an estimate may be above the accepted one. A file of its own: most commands need no schemas of jobs. */
export const TOLERANCE = 1.1;
