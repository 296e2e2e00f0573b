/** Whether a draft, a schedule, or a batch that has not ended, names the upload `u`. */
export const NAMED = `(
  EXISTS (SELECT 1 FROM drafts WHERE instr(request, 'upload://' || u.id) > 0)
  OR EXISTS (SELECT 1 FROM schedules WHERE instr(work, 'upload://' || u.id) > 0)
  OR EXISTS (SELECT 1 FROM batches
    WHERE status NOT IN ('completed', 'failed', 'cancelled') AND instr(plan, 'upload://' || u.id) > 0))`;
