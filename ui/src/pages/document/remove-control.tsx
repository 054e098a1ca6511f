import { useQueryClient } from '@tanstack/react-query';
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
  const client = useQueryClient();
  const path = `/api/v1/knowledge/${id}`;
  const remove = useAct<unknown>(toAddress(path, { tenant_id: tenant }), [], 'DELETE');
  const leave = (): void => {
    onRemoved();
    // The document itself must not be asked for again: it is still on the page for a moment.
    void client.invalidateQueries({ predicate: ({ queryKey: [key] }) => key !== path && String(key).startsWith('/api/v1/knowledge') });
  };
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
          onConfirm={() => remove.mutate(undefined, { onSuccess: leave })}
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
