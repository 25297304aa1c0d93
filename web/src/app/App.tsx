import { useState } from 'react';
import { SottoProvider, useFault, useVault } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useJoining } from '../sotto/useJoining';
import { Trouble } from '../ui/Trouble';
import { Create } from '../vault/Create';
import { usePendingDeviceLink, type PendingDeviceLink } from '../vault/deviceLink';
import { Elsewhere } from '../vault/Elsewhere';
import { usePendingInvitation } from '../vault/invitation';
import { Join } from '../vault/Join';
import { Joining } from '../vault/Joining';
import type { Pending } from '../vault/pending';
import { Threshold } from '../vault/Threshold';
import { Unlock } from '../vault/Unlock';
import { usePendingVerification } from '../vault/verification';
import { Working } from '../vault/Working';
import { Shell } from './Shell';

interface Props {
  /** What came with the address. */
  invitation: string | null;
  verification: string | null;
  deviceLink: string | null;
}

export function App({ invitation, verification, deviceLink }: Props) {
  const pending = usePendingInvitation(invitation);
  const code = usePendingVerification(verification);
  const device = usePendingDeviceLink(deviceLink);
  return (
    <SottoProvider
      starting={
        <Threshold>
          <Working>One moment.</Working>
        </Threshold>
      }
      failed={(problem) => (
        <Threshold>
          <div className="threshold-head">
            <h1>Sotto could not start</h1>
          </div>
          <Trouble problem={problem} />
          <div className="row">
            <button type="button" className="button" onClick={() => location.reload()}>
              Reload the page
            </button>
          </div>
        </Threshold>
      )}
    >
      <Door pending={pending} code={code} device={device} />
    </SottoProvider>
  );
}

interface Links {
  pending: Pending;
  /** A safety number's code. */
  code: Pending;
  device: PendingDeviceLink;
}

function Door({ pending, code, device }: Links) {
  const vault = useVault();
  const [fault, dismissFault] = useFault();
  // Who has no agent here is about to add this device to an account, and not to make one.
  const [joins, setJoins] = useState(false);
  switch (vault) {
    case 'missing':
      return <FirstVisit pending={pending} code={code} device={device} joins={joins} onJoins={setJoins} />;
    case 'locked':
      return (
        <Unlock
          invitation={pending.link}
          scanned={code.link !== null}
          device={device}
          fault={fault}
          onUnlocked={dismissFault}
        />
      );
    case 'busy':
      return <Elsewhere />;
    case 'open':
      return (
        <Opened
          pending={pending}
          code={code}
          device={device}
          fault={fault}
          onDismissFault={dismissFault}
          onJoinAgain={() => setJoins(true)}
        />
      );
  }
}

interface FirstVisitProps extends Links {
  joins: boolean;
  onJoins: (joins: boolean) => void;
}

/** A new agent, or a further device of one. */
function FirstVisit({ pending, code, device, joins, onJoins }: FirstVisitProps) {
  if (device.link || joins) {
    const back = () => {
      device.dismiss();
      onJoins(false);
    };
    return <Join pending={device} onBack={back} />;
  }
  return <Create invitation={pending.link} scanned={code.link !== null} onJoin={() => onJoins(true)} />;
}

interface OpenedProps extends Links {
  fault: Problem | null;
  onDismissFault: () => void;
  /** A device that was not added starts again. */
  onJoinAgain: () => void;
}

/** The whole app, once this device is one of an account. */
function Opened({ device, onJoinAgain, ...rest }: OpenedProps) {
  const joining = useJoining();
  if (joining === undefined) {
    return (
      <Threshold>
        <Working>One moment.</Working>
      </Threshold>
    );
  }
  return joining ? (
    <Joining joining={joining} pending={device} onAgain={onJoinAgain} />
  ) : (
    <Shell device={device} {...rest} />
  );
}
