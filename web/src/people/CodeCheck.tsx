import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { Working } from '../vault/Working';
import { checkWords, SCANNED } from './safety';

/** A code that was opened: how it compares, and one click where the user has scanned it from their screen. */
export function CodeCheck({ link, onClose }: { link: string; onClose: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const { data: check, problem } = useQuery({ type: 'inspect_safety_code', link });
  const contact = check?.result === 'match' ? check.contact : null;
  const words = check && checkWords(check);

  const verify = (id: string) =>
    void action
      .run(() => sotto.command({ type: 'verify_contact', contact: id, verified: true }))
      .then((done) => done && onClose());

  return (
    <Dialog title={words?.title ?? 'Safety number'} onClose={onClose}>
      {!check && !problem && <Working>Comparing.</Working>}
      {words && (words.alarm ? <p className="notice warm">{words.found}</p> : <p>{words.found}</p>)}
      {words?.next && <p className="quiet">{words.next}</p>}
      <Trouble problem={problem ?? action.problem} />
      <div className="row">
        {contact && !check?.verified ? (
          <>
            <button type="button" className="button primary" disabled={action.busy} onClick={() => verify(contact.id)}>
              {SCANNED}
            </button>
            <button type="button" className="button" onClick={onClose}>
              Not now
            </button>
          </>
        ) : (
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
        )}
      </div>
    </Dialog>
  );
}
