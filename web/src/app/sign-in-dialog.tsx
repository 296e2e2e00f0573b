import { type FormEvent, useState } from 'react';
import { api, bodyOf } from '../data/api.ts';
import { keyIsGiven } from '../data/sign-in.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';
import { messages } from './messages.ts';

/** Asks for a key, over the page. The key is exchanged for a cookie that scripts can't read, and then forgotten. */
export function SignInDialog() {
  const [key, setKey] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function signIn(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    try {
      await bodyOf(api.POST('/v1/session', { body: { key: key.trim() } }));
      setKey('');
      keyIsGiven();
    } catch (fault) {
      setError(fault instanceof Error ? fault.message : String(fault));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open mustChoose onClose={() => undefined} title={messages.signIn.title} description={messages.signIn.again}>
      <form onSubmit={signIn} className="grid gap-4 pt-2">
        <Field label={messages.signIn.key} hint={messages.signIn.hint} error={error}>
          <Input
            type="password"
            autoComplete="current-password"
            value={key}
            onChange={({ target }) => {
              setKey(target.value);
              setError(undefined);
            }}
          />
        </Field>
        <div className="flex justify-end">
          <Button
            type="submit"
            kind="primary"
            size="large"
            label={messages.signIn.action}
            disabled={isBusy || key.trim() === ''}
          />
        </div>
      </form>
    </Dialog>
  );
}
