import type { StatusView } from '@sotto/client';
import { useState } from 'react';
import { forgetAll } from '../lib/remembered';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';
import { Threshold } from '../vault/Threshold';
import { Working } from '../vault/Working';

/** This device was removed from the account, or the relay says so: what that means, and what there is to do. */
export function ShutOut({ status, onLook }: { status: StatusView; onLook: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const [deleting, setDeleting] = useState(false);
  const known = status.connection === 'removed';

  const erase = () =>
    void action.run(async () => {
      await sotto.lock();
      await sotto.erase();
      forgetAll();
    });

  return (
    <Threshold>
      <div className="threshold-head">
        <h1>{known ? 'This device was removed' : 'The relay says that this device was removed'}</h1>
        <p className="quiet">
          {known
            ? `It is none of ${status.name}’s devices any more: it gets no messages, and your contacts’ agents do not listen to it. Your account goes on with your other devices.`
            : 'If you removed it on another of your devices, go on there, and delete the data here. If you did not, look at the list of devices on another one, and ask the relay’s operator: the relay alone says so.'}
        </p>
      </div>
      {deleting ? (
        <>
          <p>
            Everything of Sotto in this browser is deleted: keys, contacts, meetings and calendars. Your other devices
            keep theirs. It cannot be undone.
          </p>
          <Trouble problem={action.problem} />
          <div className="row">
            <button type="button" className="button danger" disabled={action.busy} onClick={erase}>
              Delete everything here
            </button>
            <button
              type="button"
              className="button"
              disabled={action.busy}
              autoFocus
              onClick={() => setDeleting(false)}
            >
              Back
            </button>
          </div>
          {action.busy && <Working>Deleting. If it takes long, close other tabs with Sotto.</Working>}
        </>
      ) : (
        <div className="row">
          <button type="button" className="button danger" onClick={() => setDeleting(true)}>
            Delete the data on this device…
          </button>
          <button type="button" className="button" onClick={onLook}>
            Look at what is here
          </button>
        </div>
      )}
    </Threshold>
  );
}
