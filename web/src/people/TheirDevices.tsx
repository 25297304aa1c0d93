import type { ContactView } from '@sotto/client';
import { deviceWords, showsDevices } from './words';

/** Which devices somebody has, on demand; nothing where it is the one that they began with. */
export function TheirDevices({ contact, zone }: { contact: ContactView; zone: string }) {
  const { name, devices } = contact;
  if (!showsDevices(contact)) return null;
  return (
    <details className="small quiet">
      <summary>{devices.length === 1 ? 'Another device than at first' : `On ${devices.length} devices`}</summary>
      <ul className="device-list" aria-label={`Devices of ${name}`}>
        {devices.map((device) => (
          <li key={device.fingerprint}>
            <span className="fingerprint">{device.fingerprint}</span>
            <br />
            {deviceWords(device, contact, zone)}
          </li>
        ))}
      </ul>
      <p>
        {name} finds the same letters and digits under Settings. If one of these is not {name}’s, ask by another way
        before you arrange anything.
      </p>
    </details>
  );
}
