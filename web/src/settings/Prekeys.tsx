import type { PrekeysView } from '@sotto/client';
import { instant } from '../lib/format';
import { supplyWords } from '../people/safety';

/** What the relay holds of the keys with which one is met for the first time. */
export function Prekeys({ prekeys, zone }: { prekeys: PrekeysView; zone: string }) {
  const troubled = prekeys.supply !== 'enough';
  return (
    <section className="section setting" aria-label="Keys for first contact">
      <h2>Keys for first contact</h2>
      <div className="stack">
        <p className={troubled ? 'notice warm' : undefined}>{supplyWords(prekeys)}</p>
        <p className="quiet small">
          Each person who meets you for the first time takes one of either kind, and your agent refills them. As the
          relay said on {instant(Date.parse(prekeys.at), zone)}.
        </p>
      </div>
    </section>
  );
}
