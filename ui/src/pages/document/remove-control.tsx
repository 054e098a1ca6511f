import { useState } from 'react';
import { toAddress } from '../../api/ask.ts';
import { useAct } from '../../api/use-api.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { count } from '../../text/format.ts';

interface RemoveControlProps {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  readonly passages: number;
  readonly onRemoved: () => void;
}

/** Removes a document once it is confirmed. */
export function RemoveControl({ tenant, id, name, passages, onRemoved }: RemoveControlProps) {
  const [isAsking, setAsking] = useState(false);
  const path = toAddress(`/api/v1/knowledge/${id}`, { tenant_id: tenant });
  const remove = useAct<unknown>(path, ['/api/v1/knowledge'], 'DELETE');
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Remove…
      </button>
      {isAsking && (
        <Confirm
          title="Remove this document?"
          action="Remove"
          isDangerous
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(undefined, { onSuccess: onRemoved })}
          onClose={() => setAsking(false)}
        >
          <p>
            <strong>{name}</strong> and its {count(passages, 'passage')} are then no longer found, and what is linked with it loses that
            link. The original stays where it is; it can be added again.
          </p>
        </Confirm>
      )}
    </>
  );
}
