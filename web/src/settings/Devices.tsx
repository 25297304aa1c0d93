import type { DeviceView, StatusView } from '@sotto/client';
import { useState } from 'react';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import { AddDevice } from './AddDevice';
import { askingIn, isListed, stateWords } from './deviceWords';
import { RemoveDevice } from './RemoveDevice';
import { RenameDevice } from './RenameDevice';

interface Props {
  status: StatusView | null;
  zone: string;
}

type Open = { kind: 'add' } | { kind: 'remove'; device: DeviceView };

/** The own devices: which there are, and adding, naming and removing them. */
export function Devices({ status, zone }: Props) {
  const { data: devices, problem } = useQuery({ type: 'devices' });
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const all = devices ?? [];
  const asking = askingIn(all);
  const here = all.filter(({ state }) => state !== 'removed');
  const gone = all.filter(({ state, this: self }) => state === 'removed' && !self);
  const keeper = all.some((device) => device.this && device.keeper && isListed(device.state));
  const online = status?.connection === 'online' || status?.connection === 'syncing';
  // What is wrong although it is connected may be of the devices: of their list, or of a link.
  const warning = online ? status.connection_detail : null;

  return (
    <section className="section setting" aria-label="Devices">
      <h2>Devices</h2>
      <div className="stack">
        <Trouble problem={problem} />
        {warning && (
          <p className="notice warm" role="status">
            {warning}
          </p>
        )}
        <ul className="list wide devices" aria-label="Your devices">
          {here.map((device) => (
            <Row
              key={device.id}
              device={device}
              zone={zone}
              asks={asking?.device.id === device.id}
              removable={keeper && device.state === 'listed'}
              onRemove={() => setOpen({ kind: 'remove', device })}
              onType={() => setOpen({ kind: 'add' })}
            />
          ))}
        </ul>
        {keeper ? (
          <button type="button" className="button" onClick={() => setOpen({ kind: 'add' })}>
            Add a device
          </button>
        ) : (
          devices && (
            <p className="quiet small">
              This device may not add or remove others. Use one that may: it is marked so on this list.
            </p>
          )
        )}
        {gone.length > 0 && (
          <details className="wide">
            <summary className="small quiet">Removed before</summary>
            <ul className="gone small quiet" aria-label="Removed devices">
              {gone.map((device) => (
                <li key={device.id}>
                  <b>{device.name}</b> <span className="fingerprint">{device.fingerprint}</span>
                  <br />
                  {stateWords(device, zone)}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {open?.kind === 'add' && <AddDevice asking={asking} devices={all} warning={warning} onClose={close} />}
      {open?.kind === 'remove' && <RemoveDevice device={open.device} devices={all} onClose={close} />}
    </section>
  );
}

/** What the core calls this device before its user does. */
const UNNAMED = 'This device';

interface RowProps {
  device: DeviceView;
  zone: string;
  /** Whether it asks to be added. */
  asks: boolean;
  removable: boolean;
  onRemove: () => void;
  onType: () => void;
}

function Row({ device, zone, asks, removable, onRemove, onType }: RowProps) {
  const [renaming, setRenaming] = useState(false);
  const { name } = device;
  return (
    <li className="list-item device" aria-label={name}>
      <div className="list-main">
        <h3>
          {name} {device.this && name !== UNNAMED && <span className="tag good">{UNNAMED}</span>}
          {device.agent && isListed(device.state) && <span className="tag">Answers for you</span>}
        </h3>
        <p className="quiet small">
          {stateWords(device, zone)}
          {device.keeper && (asks ? ' · Could add and remove devices' : ' · May add and remove devices')}
        </p>
        <p className="quiet small fingerprint">{device.fingerprint}</p>
      </div>
      {renaming ? (
        <RenameDevice device={device} onDone={() => setRenaming(false)} />
      ) : (
        <div className="row">
          {asks && (
            <button type="button" className="button primary compact" onClick={onType}>
              Type its code
            </button>
          )}
          {isListed(device.state) && (
            <button
              type="button"
              className="button plain compact"
              aria-label={`Rename ${name}`}
              onClick={() => setRenaming(true)}
            >
              Rename
            </button>
          )}
          {removable && (
            <button type="button" className="button plain compact" aria-label={`Remove ${name}`} onClick={onRemove}>
              Remove
            </button>
          )}
        </div>
      )}
    </li>
  );
}
