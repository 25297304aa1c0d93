import type { Command, DeviceView } from '@sotto/client';
import { useState, type ReactNode } from 'react';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { called, calledFirst, handoverWords, removalWords } from './deviceWords';

interface Props {
  device: DeviceView;
  devices: readonly DeviceView[];
  onClose: () => void;
}

/** Removing a device, after it was said what that means. */
export function RemoveDevice({ device, devices, onClose }: Props) {
  const name = called(device);
  return (
    <Dialog title={`Remove ${name}?`} onClose={onClose}>
      <Confirm
        words={removalWords(device, devices)}
        command={{ type: 'remove_device', device: device.id }}
        verb={`Remove ${name}`}
        danger
        no="Keep it"
        onDone={onClose}
        onNo={onClose}
      >
        It can be added again later, as a new device.
      </Confirm>
    </Dialog>
  );
}

interface MakeAgentProps extends Props {
  /** What is wrong with the list of devices. */
  warning: string | null;
}

/** Letting another device answer for the user, after it was said what that means; and how it went. */
export function MakeAgent({ device, devices, warning, onClose }: MakeAgentProps) {
  const [begun, setBegun] = useState(false);
  const name = called(device);
  const first = calledFirst(device);
  const now = devices.find(({ id }) => id === device.id);
  const close = (
    <button type="button" className="button" onClick={onClose}>
      Done
    </button>
  );

  let step: ReactNode;
  if (begun && now?.agent) {
    step = (
      <>
        <p role="status">{first} answers for you now, and your other devices follow it.</p>
        <p className="quiet">
          Import your calendar {device.this ? 'here' : 'there'}, so that it knows when you are free.
        </p>
        {close}
      </>
    );
  } else if (now?.state === 'leading') {
    step = (
      <>
        <p role="status">{first} answers for you as soon as the relay is told.</p>
        {close}
      </>
    );
  } else {
    step = (
      <>
        {begun && warning && <p className="notice warm">{warning}</p>}
        <Confirm
          words={handoverWords(device, devices)}
          command={{ type: 'make_agent', device: device.id }}
          verb={`Let ${name} answer`}
          no="Leave it as it is"
          onDone={() => setBegun(true)}
          onNo={onClose}
        />
      </>
    );
  }
  return (
    <Dialog title={begun && now?.agent ? `${first} answers for you` : `Let ${name} answer for you?`} onClose={onClose}>
      {step}
    </Dialog>
  );
}

interface ConfirmProps {
  /** What it means, a sentence or two each. */
  words: string[];
  command: Extract<Command, { type: 'remove_device' | 'make_agent' }>;
  verb: string;
  danger?: boolean;
  no: string;
  onDone: () => void;
  onNo: () => void;
  /** What else there is to know. */
  children?: ReactNode;
}

function Confirm({ words, command, verb, danger, no, onDone, onNo, children }: ConfirmProps) {
  const sotto = useSotto();
  const action = useAction();
  const change = () => void action.run(() => sotto.command(command)).then((done) => done && onDone());
  return (
    <>
      <ul className={danger ? 'losses' : 'losses mild'}>
        {words.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {children && <p className="quiet small">{children}</p>}
      <Trouble problem={action.problem} />
      <div className="row">
        <button
          type="button"
          className={`button ${danger ? 'danger' : 'primary'}`}
          disabled={action.busy}
          onClick={change}
        >
          {action.busy ? 'One moment…' : verb}
        </button>
        <button type="button" className="button" data-first onClick={onNo}>
          {no}
        </button>
      </div>
    </>
  );
}
