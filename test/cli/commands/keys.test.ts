import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../workspace.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.close());

it('keys are made, shown once, listed and revoked', async () => {
  const made = await workspace.run(['keys', 'create', 'importer', '--scope', 'read', '--budget-usd-per-day', '2']);
  expect(made.code, made.stderr).toBe(0);
  const secret = made.stdout.trim();
  expect(secret).toMatch(/^rmk_[\w-]{43}$/);
  const listed = await workspace.run(['keys', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    keys: [{ name: 'importer', scopes: ['read'], budget_usd_per_day: 2, revoked_at: null }],
  });
  expect(listed.stdout).not.toContain(secret);
  expect((await workspace.run(['keys', 'revoke', 'importer'])).stdout).toMatch(/^Revoked key_\w{12} \(importer\)/);
  expect((await workspace.run(['keys', 'list'])).stdout).toContain('revoked');
});
