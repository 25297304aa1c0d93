import { SottoProvider, useFault, useVault } from '../sotto/context';
import { Trouble } from '../ui/Trouble';
import { Create } from '../vault/Create';
import { Elsewhere } from '../vault/Elsewhere';
import { usePendingInvitation } from '../vault/invitation';
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
}

export function App({ invitation, verification }: Props) {
  const pending = usePendingInvitation(invitation);
  const code = usePendingVerification(verification);
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
      <Door pending={pending} code={code} />
    </SottoProvider>
  );
}

function Door({ pending, code }: { pending: Pending; code: Pending }) {
  const vault = useVault();
  const [fault, dismissFault] = useFault();
  switch (vault) {
    case 'missing':
      return <Create invitation={pending.link} scanned={code.link !== null} />;
    case 'locked':
      return <Unlock invitation={pending.link} scanned={code.link !== null} fault={fault} onUnlocked={dismissFault} />;
    case 'busy':
      return <Elsewhere />;
    case 'open':
      return <Shell pending={pending} code={code} fault={fault} onDismissFault={dismissFault} />;
  }
}
