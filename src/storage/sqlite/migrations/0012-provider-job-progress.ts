/**
 * How far a provider job is.
 *
 * - `stage` is a part of a state: `uploading` of `building`, `reading` of `open`; null for the rest of the state.
 * - `reported` is a document: the counts as the provider last reported them.
 * - `deadline_at` is when the provider, or the batch's own deadline, ends the job.
 *
 * The table is small, so that adding columns costs nothing.
 */
export const PROVIDER_JOB_PROGRESS = `
ALTER TABLE provider_jobs ADD COLUMN stage TEXT;
ALTER TABLE provider_jobs ADD COLUMN reported TEXT;
ALTER TABLE provider_jobs ADD COLUMN deadline_at INTEGER;
`;
