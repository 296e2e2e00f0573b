import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { messages } from '../messages.ts';

const SHOWN = 4000;

/** A text, cut where it is long, with the whole as a download. */
export function BigText({ text, name }: { text: string; name: string }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = text.length > SHOWN && !isWhole;
  const download = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name.replaceAll(/[^\w.-]+/g, '-')}.txt`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <>
      <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{isCut ? text.slice(0, SHOWN) : text}</p>
      {text.length > SHOWN && (
        <span className="mt-1 flex gap-2">
          {isCut && (
            <Button
              size="small"
              kind="ghost"
              label={messages.rest(text.length - SHOWN)}
              onClick={() => setWhole(true)}
            />
          )}
          <Button size="small" kind="ghost" icon="download" label={messages.download} onClick={download} />
        </span>
      )}
    </>
  );
}
