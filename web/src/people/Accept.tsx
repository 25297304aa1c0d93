import { useId, useState, type SubmitEvent } from 'react';
import { hostOf } from '../lib/format';
import { useDebounced } from '../lib/hooks';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import { deviceLinkIn, openDeviceLink } from '../vault/deviceLink';
import type { Pending } from '../vault/pending';
import { verificationIn } from '../vault/verification';
import { InviterDigits } from './KeyDigits';
import { acceptedWords, isAccepted, sameNameWords } from './words';
import './hold.css';

/** Accepting an invitation that one was sent; a safety number's code is compared. */
export function Accept({ code }: { code: Pending }) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const [link, setLink] = useState('');
  const [accepted, setAccepted] = useState<string | null>(null);
  const contact = useQuery({ type: 'contacts' }).data?.find(({ id: each }) => each === accepted);
  const told = contact && isAccepted(contact.state) ? acceptedWords(contact.state, contact.name) : null;
  const addsDevice = deviceLinkIn(link.trim());
  const pasted = useDebounced(addsDevice ? '' : link.trim(), 200);
  const preview = useQuery(pasted ? { type: 'inspect_invitation', link: pasted } : null);

  const known = link.trim() && !action.problem && !preview.problem ? preview.data?.same_name : null;

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const whole = link.trim();
    if (!whole) return;
    if (addsDevice) {
      setLink('');
      openDeviceLink(addsDevice);
      return;
    }
    void action.run(async () => {
      const { id } = await sotto.command({ type: 'accept_invitation', link: whole });
      setAccepted(id);
      setLink('');
    });
  };

  return (
    <section className="section" aria-label="Accept an invitation">
      <h2>Were you invited?</h2>
      <form className="accept" onSubmit={submit}>
        <div className="field">
          <label htmlFor={id}>Paste the link you were sent</label>
          <input
            id={id}
            className="input"
            value={link}
            onChange={(event) => {
              const pasted = verificationIn(event.target.value.trim());
              if (pasted) code.open(pasted);
              setLink(pasted ? '' : event.target.value);
              setAccepted(null);
              action.clear();
            }}
            autoComplete="off"
            spellCheck={false}
            inputMode="url"
            aria-describedby={`${id}-about`}
          />
        </div>
        <button type="submit" className="button" disabled={action.busy || !link.trim()}>
          {action.busy ? 'Accepting…' : addsDevice ? 'Open' : known ? 'Accept all the same' : 'Accept'}
        </button>
      </form>
      <div id={`${id}-about`} aria-live="polite">
        {addsDevice && <p className="voice">This is no invitation: it adds a device to an account.</p>}
        {link.trim() && !action.problem && preview.data && !preview.problem && (
          <div className="stack">
            <p className="voice">
              From {preview.data.name}, by way of {hostOf(preview.data.relay)}
            </p>
            <InviterDigits name={preview.data.name} digits={preview.data.account_fingerprint} />
          </div>
        )}
        {known && <p className="warning">{sameNameWords(known)}</p>}
        {told && (
          <p className="voice">
            {told.title}. {told.status}
          </p>
        )}
      </div>
      <Trouble problem={action.problem ?? (link.trim() ? preview.problem : null)} />
    </section>
  );
}
