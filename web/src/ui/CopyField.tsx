import { useId, useRef, useState } from 'react';
import { Icon } from './Icon';

/** A link to hand on: shown, and copied by a button. */
export function CopyField({ label, value, primary = false }: { label: string; value: string; primary?: boolean }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<'yes' | 'by hand' | null>(null);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied('yes');
    } catch {
      // No permission, or no secure page: select it, so that one keystroke does it.
      field.current?.focus();
      field.current?.select();
      setCopied('by hand');
    }
  };

  return (
    <>
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <input
          id={id}
          ref={field}
          className="input link"
          readOnly
          value={value}
          onFocus={(event) => event.target.select()}
        />
      </div>
      <div className="row">
        <button type="button" className={`button ${primary ? 'primary' : ''}`} onClick={() => void copy()}>
          <Icon name={copied === 'yes' ? 'check' : 'copy'} size={17} /> {copied === 'yes' ? 'Copied' : 'Copy link'}
        </button>
        <span className="small quiet" role="status">
          {copied === 'by hand' && 'Press Ctrl+C or ⌘C to copy.'}
          {copied === 'yes' && <span className="sr-only">The link was copied.</span>}
        </span>
      </div>
    </>
  );
}
