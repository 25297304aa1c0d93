import { SottoProvider, useFault, useVault } from '../sotto/context';
import { Trouble } from '../ui/Trouble';
import { Create } from '../vault/Create';
import { Elsewhere } from '../vault/Elsewhere';
import { usePendingInvitation, type PendingInvitation } from '../vault/invitation';
import { Threshold } from '../vault/Threshold';
import { Unlock } from '../vault/Unlock';
import { Working } from '../vault/Working';
import { Shell } from './Shell';

export function App({ invitation }: { invitation: string | null }) {
  const pending = usePendingInvitation(invitation);
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
      <Door pending={pending} />
    </SottoProvider>
  );
}

function Door({ pending }: { pending: PendingInvitation }) {
  const vault = useVault();
  const [fault, dismissFault] = useFault();
  switch (vault) {
    case 'missing':
      return <Create invitation={pending.link} />;
    case 'locked':
      return <Unlock invitation={pending.link} fault={fault} onUnlocked={dismissFault} />;
    case 'busy':
      return <Elsewhere />;
    case 'open':
      return <Shell pending={pending} fault={fault} onDismissFault={dismissFault} />;
  }
}
