import type { DeviceView, StatusView } from '@sotto/client';
import { useState } from 'react';
import { useSotto } from '../sotto/context';
import { useQuery } from '../sotto/useQuery';
import { Rename } from '../ui/Rename';
import { Trouble } from '../ui/Trouble';
import { AddDevice } from './AddDevice';
import { MakeAgent, RemoveDevice } from './ChangeDevice';
import {
  awayWords,
  ABSENT,
  PARTED,
  askingIn,
  canAnswer,
  isAbsent,
  isParted,
  isListed,
  stateWords,
  UNNAMED,
  warningOf,
} from './deviceWords';
import { useAway } from './away';

interface Props {
  status: StatusView | null;
  zone: string;
}

type Open = { kind: 'add' } | { kind: 'agent' | 'remove'; device: DeviceView };

/** The own devices: which there are, adding, naming and removing them, and which one answers for the user. */
export function Devices({ status, zone }: Props) {
  const { data: devices, problem } = useQuery({ type: 'devices' });
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const all = devices ?? [];
  const asking = askingIn(all);
  const here = all.filter(({ state }) => state !== 'removed');
  const gone = all.filter(({ state, this: self }) => state === 'removed' && !self);
  const alone = here.filter(({ state }) => isListed(state)).length < 2;
  const away = useAway();
  const keeper = all.some((device) => device.this && device.keeper && isListed(device.state));
  const warning = warningOf(status);

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
        {here.length > 1 && (
          <p className="quiet small">
            One of them answers for you; the others follow it and read along. The letters and digits are the beginning
            of each device’s key: all your devices show the same, whatever they are called.
          </p>
        )}
        <ul className="list wide devices" aria-label="Your devices">
          {here.map((device) => (
            <Row
              key={device.id}
              device={device}
              zone={zone}
              asks={asking?.device.id === device.id}
              renamable={away?.why !== 'removed' && isListed(device.state)}
              removable={keeper && device.state === 'listed' && !(device.this && alone)}
              ableToAnswer={keeper && canAnswer(device)}
              onAnswer={() => setOpen({ kind: 'agent', device })}
              onRemove={() => setOpen({ kind: 'remove', device })}
              onType={() => setOpen({ kind: 'add' })}
            />
          ))}
        </ul>
        {away?.why === 'removed' ? (
          <p className="quiet small">{awayWords(away, '')}</p>
        ) : keeper ? (
          <button type="button" className="button" onClick={() => setOpen({ kind: 'add' })}>
            Add a device
          </button>
        ) : (
          devices && (
            <p className="quiet small">
              This device may not add or remove devices, or choose the one that answers for you. Use one that may: it is
              marked so on this list.
            </p>
          )
        )}
        {gone.length > 0 && (
          <details className="wide">
            <summary className="small quiet">Removed before</summary>
            <ul className="device-list small quiet" aria-label="Removed devices">
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
      {open?.kind === 'agent' && <MakeAgent device={open.device} devices={all} warning={warning} onClose={close} />}
      {open?.kind === 'remove' && <RemoveDevice device={open.device} devices={all} onClose={close} />}
    </section>
  );
}

interface RowProps {
  device: DeviceView;
  zone: string;
  /** Whether it asks to be added. */
  asks: boolean;
  renamable: boolean;
  removable: boolean;
  /** Whether it can be made the one that answers for the user. */
  ableToAnswer: boolean;
  onAnswer: () => void;
  onRemove: () => void;
  onType: () => void;
}

function Row({ device, zone, asks, renamable, removable, ableToAnswer, onAnswer, onRemove, onType }: RowProps) {
  const sotto = useSotto();
  const [renaming, setRenaming] = useState(false);
  const { name } = device;
  return (
    <li className="list-item device" aria-label={name}>
      <div className="list-main">
        <h3>
          {name} {device.this && name !== UNNAMED && <span className="tag good">{UNNAMED}</span>}
          {device.agent && isListed(device.state) && <span className="tag">Answers for you</span>}
          {isAbsent(device) && <span className="tag warm">Has not come</span>}
          {isParted(device) && <span className="tag warm">Cannot be read</span>}
        </h3>
        <p className="quiet small">
          {stateWords(device, zone)}
          {device.keeper && (asks ? ' · Could add and remove devices' : ' · May add and remove devices')}
        </p>
        {isAbsent(device) && <p className="small">{ABSENT}</p>}
        {isParted(device) && <p className="small">{PARTED}</p>}
        <p className="quiet small fingerprint">{device.fingerprint}</p>
      </div>
      {renaming ? (
        <Rename
          name={name}
          label={device.this ? 'Name of this device' : 'Name of that device'}
          hint="On this device alone; each of yours can call it otherwise."
          onSave={(next) => sotto.command({ type: 'rename_device', device: device.id, name: next })}
          onDone={() => setRenaming(false)}
        />
      ) : (
        <div className="row">
          {asks && (
            <button type="button" className="button primary compact" onClick={onType}>
              Type its code
            </button>
          )}
          {ableToAnswer && (
            <button
              type="button"
              className="button plain compact"
              aria-label={`Let it answer for you: ${name}`}
              onClick={onAnswer}
            >
              Let it answer for you
            </button>
          )}
          {renamable && (
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
