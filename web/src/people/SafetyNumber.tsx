import type { ContactView } from '@sotto/client';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { QrCode } from './QrCode';

/** Sixty digits to compare, or a code to scan, so that nobody can stand in between unnoticed. */
export function SafetyNumber({ contact, onClose }: { contact: ContactView; onClose: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const { name, verified } = contact;
  const code = useQuery({ type: 'safety_code', contact: contact.id }).data;
  const groups = contact.safety_number.replace(/\D/g, '').match(/\d{1,5}/g) ?? [];
  const set = (value: boolean) =>
    void action
      .run(() => sotto.command({ type: 'verify_contact', contact: contact.id, verified: value }))
      .then((done) => done && value && onClose());

  return (
    <Dialog title={`Is it really ${name}?`} onClose={onClose}>
      <p>
        Compare these numbers with {name}, face to face or on a call. {name} finds them under People, beside your name.
        If they match, it is {name} with whom your agent talks, and nobody in between reads along.
      </p>
      <ol className="safety" aria-label="Safety number">
        {groups.map((group, index) => (
          <li key={index}>{group}</li>
        ))}
      </ol>
      {code && (
        <div className="safety-code">
          <QrCode text={code.link} label="Safety number as a code to scan" />
          <p className="quiet small">
            Face to face? Let {name} scan this with a phone’s camera, and scan the code on {name}’s screen. Each of you
            is told whether it is the right key. A picture or a link that was sent proves nothing.
          </p>
        </div>
      )}
      <Trouble problem={action.problem} />
      {verified ? (
        <div className="row">
          <button type="button" className="button primary" onClick={onClose}>
            Done
          </button>
          <button type="button" className="button" disabled={action.busy} onClick={() => set(false)}>
            Take verification back
          </button>
        </div>
      ) : (
        <>
          <div className="row">
            <button type="button" className="button primary" disabled={action.busy} onClick={() => set(true)}>
              They match
            </button>
            <button type="button" className="button" onClick={onClose}>
              Not now
            </button>
          </div>
          <p className="quiet small">
            They differ? Then do not arrange anything: block {name} and send a new invitation by another way.
          </p>
        </>
      )}
    </Dialog>
  );
}
