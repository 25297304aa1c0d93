import type { DeviceView, StatusView } from '@sotto/client';
import { useState } from 'react';
import { AddDevice } from '../settings/AddDevice';
import { askingIn, warningOf } from '../settings/deviceWords';

interface Props {
  devices: readonly DeviceView[];
  status: StatusView | null;
  /** Whether the page does not show the devices itself. */
  shown: boolean;
}

/** A device that asks to be added: said wherever one is, until it is decided. */
export function AskingBanner({ devices, status, shown }: Props) {
  const [open, setOpen] = useState(false);
  const asking = askingIn(devices);
  return (
    <>
      {asking && shown && (
        <div className="banner">
          <p role="status">{asking.device.name} asks to be added to your account.</p>
          <button type="button" className="button compact" onClick={() => setOpen(true)}>
            Type its code
          </button>
        </div>
      )}
      {open && (
        <AddDevice asking={asking} devices={devices} warning={warningOf(status)} onClose={() => setOpen(false)} />
      )}
    </>
  );
}
