import { byId, make } from './dom.js';

/** What a key does, for the list that `?` shows. */
export interface KeyAction {
  readonly key: string;
  /** How it is written, default as it is. */
  readonly name?: string;
  readonly text: string;
  /** Absent for what the elements do themselves. */
  readonly run?: () => void;
}

/** Keys of the whole page, and the list of them. They rest while a text or a list has the focus. */
export function bindKeys(actions: readonly KeyAction[]): void {
  const help = byId('help') as HTMLDialogElement;
  const all: readonly KeyAction[] = [
    ...actions,
    {
      key: '?',
      text: 'this list',
      run: () => {
        if (help.open) help.close();
        else help.showModal();
      },
    },
    { key: '', name: 'Esc', text: 'closes this list' },
  ];
  byId('keys').append(
    ...all.flatMap(({ key, name = key, text }) => [
      make('dt', '', ...name.split(' ').map((part) => make('kbd', '', part))),
      make('dd', '', text),
    ]),
  );
  byId('help-button').onclick = () => {
    help.showModal();
  };
  byId('help-close').onclick = () => {
    help.close();
  };
  document.addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey } = event;
    const isTyped = target instanceof HTMLSelectElement || target instanceof HTMLInputElement;
    if (isTyped || ctrlKey || metaKey || altKey || (help.open && key !== '?')) return;
    const action = all.find((each) => each.key === key && each.key !== '');
    if (action?.run === undefined) return;
    event.preventDefault();
    action.run();
  });
}
