import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';

/** Saves what both agents signed as a file, which anybody can check. */
export function Proof({ proposal }: { proposal: string }) {
  const sotto = useSotto();
  const action = useAction();

  async function save() {
    const { file_name, text } = await sotto.query({ type: 'receipt', proposal });
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = file_name;
    link.click();
    URL.revokeObjectURL(url);
  }

  return (
    <div className="stack">
      <Trouble problem={action.problem} />
      <div className="row">
        <button type="button" className="button compact" disabled={action.busy} onClick={() => void action.run(save)}>
          <Icon name="file" size={16} /> Save proof
        </button>
        <span className="quiet small">What both agents signed. “sotto receipt verify” checks it, on any machine.</span>
      </div>
    </div>
  );
}
