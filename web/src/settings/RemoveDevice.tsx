import type { DeviceView } from '@sotto/client';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { removalWords } from './deviceWords';

interface Props {
  device: DeviceView;
  devices: readonly DeviceView[];
  onClose: () => void;
}

/** Removing a device, after it was said what that means. */
export function RemoveDevice({ device, devices, onClose }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const called = device.this ? 'this device' : device.name;
  const remove = () =>
    void action
      .run(() => sotto.command({ type: 'remove_device', device: device.id }))
      .then((done) => done && onClose());

  return (
    <Dialog title={`Remove ${called}?`} onClose={onClose}>
      <ul className="losses">
        {removalWords(device, devices).map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p className="quiet small">It can be added again later, as a new device.</p>
      <Trouble problem={action.problem} />
      <div className="row">
        <button type="button" className="button danger" disabled={action.busy} onClick={remove}>
          {action.busy ? 'One moment…' : `Remove ${called}`}
        </button>
        <button type="button" className="button" data-first onClick={onClose}>
          Keep it
        </button>
      </div>
    </Dialog>
  );
}
