import type { PrekeysView } from '@sotto/client';
import { instant } from '../lib/format';
import { FIRST_CONTACT, supplyWords } from '../people/safety';

/** What the relay holds of the keys with which this device is met for the first time. */
export function Prekeys({ prekeys, zone }: { prekeys: PrekeysView; zone: string }) {
  const troubled = prekeys.supply !== 'enough';
  return (
    <section className="section setting" aria-label="Keys for first contact">
      <h2>Keys for first contact</h2>
      <div className="stack">
        <p className={troubled ? 'notice warm' : undefined}>{supplyWords(prekeys)}</p>
        <p className="quiet small">
          {FIRST_CONTACT} They are refilled by themselves. As the relay said on {instant(Date.parse(prekeys.at), zone)}.
        </p>
      </div>
    </section>
  );
}
