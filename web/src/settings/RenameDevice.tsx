import type { DeviceView } from '@sotto/client';
import { useId, useState, type SubmitEvent } from 'react';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';

/** Another name for a device, in place. */
export function RenameDevice({ device, onDone }: { device: DeviceView; onDone: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const [name, setName] = useState(device.name);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action
      .run(() => sotto.command({ type: 'rename_device', device: device.id, name: name.trim() }))
      .then((done) => done && onDone());
  };

  return (
    <form className="confirm" onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="field">
        <label htmlFor={id}>Name of this device</label>
        <input
          id={id}
          className="input"
          value={name}
          onChange={(event) => setName(event.target.value)}
          onFocus={(event) => event.target.select()}
          maxLength={200}
          autoComplete="off"
          autoFocus
          aria-describedby={`${id}-hint`}
        />
        <span className="hint" id={`${id}-hint`}>
          On this device alone; each of yours can call it otherwise.
        </span>
      </div>
      <div className="row">
        <button type="submit" className="button primary compact" disabled={action.busy}>
          Save
        </button>
        <button type="button" className="button compact" onClick={onDone}>
          Back
        </button>
      </div>
      <Trouble problem={action.problem} />
    </form>
  );
}
