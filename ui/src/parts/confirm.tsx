import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Failure } from './states.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** Name of the button that does it; a verb. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly isBusy?: boolean;
  /** Nothing can be done yet. */
  readonly isBlocked?: boolean;
  readonly error?: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** A dialog that says what will happen before it does; Escape and the button Back leave everything as it is. */
export function Confirm({ title, children, action, isDangerous, isBusy, isBlocked, error, onConfirm, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    // Focus goes back to the button that opened the dialog when it closes: the browser does that for a modal one.
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        {error !== undefined && error !== null && <Failure error={error} />}
        <p className="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Back
          </button>
          <button type="submit" className={isDangerous ? 'danger' : 'primary'} disabled={isBusy === true || isBlocked === true}>
            {isBusy ? 'Working…' : action}
          </button>
        </p>
      </form>
    </dialog>
  );
}
