import { useDeferredValue, useEffect, useId, useState } from 'react';
import type { ResourceList } from '../../../src/api/contract.ts';
import { useApi } from '../api/use-api.ts';
import { toShortName } from '../text/urn.ts';
import './resource-search.css';

interface ResourceSearchProps {
  readonly tenant: string | undefined;
  readonly label: string;
  /** The chosen resource, by URN. */
  readonly value: string | undefined;
  /** Gets the URN of a found resource, or undefined when the field was emptied. */
  readonly onChoose: (urn: string | undefined) => void;
}

/** Finds a resource by part of its name, URN or alias; arrows and Enter choose, Escape closes. */
export function ResourceSearch({ tenant, label, value, onChoose }: ResourceSearchProps) {
  const [text, setText] = useState<string>();
  const [active, setActive] = useState(0);
  const id = useId();
  const asked = useDeferredValue(text?.trim() ?? '');
  const found = useApi<ResourceList>(
    '/api/v1/resources',
    { tenant_id: tenant, q: asked, limit: 8 },
    { wait: tenant === undefined || asked === '' },
  );
  const items = asked === '' ? [] : (found.data?.items ?? []);
  const isOpen = text !== undefined && asked !== '';
  const isOld = found.isPlaceholderData || asked !== text?.trim();
  const [isEntered, setEntered] = useState(false);
  const close = (): void => {
    setText(undefined);
    setEntered(false);
  };
  const choose = (urn: string | undefined): void => {
    close();
    if (urn !== value) onChoose(urn);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text takes the entry back
  useEffect(() => {
    if (!isEntered || isOld || found.data === undefined) return;
    setEntered(false);
    if (items[active]) choose(items[active].urn);
  }, [isEntered, isOld, found.data]);
  const onKey = (key: string): boolean => {
    if (key === 'ArrowDown' || key === 'ArrowUp')
      setActive((active + (key === 'ArrowDown' ? 1 : items.length - 1)) % Math.max(1, items.length));
    else if (key === 'Escape') close();
    else if (key === 'Enter' && text !== undefined) {
      if (asked === '') choose(undefined);
      // What is listed may still answer an earlier text: the choice waits for what was typed.
      else setEntered(true);
    } else return false;
    return true;
  };
  return (
    <div className="resource-search">
      <label>
        {label}
        <input
          type="search"
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && items[active] ? `${id}-${active}` : undefined}
          placeholder="name, URN or alias"
          autoComplete="off"
          spellCheck={false}
          value={text ?? (value === undefined ? '' : toShortName(value))}
          title={value}
          onChange={({ target }) => {
            setText(target.value);
            setActive(0);
            setEntered(false);
            // The cross of a search field empties it without a key.
            if (target.value === '' && value !== undefined) choose(undefined);
          }}
          onKeyDown={(event) => onKey(event.key) && event.preventDefault()}
          onFocus={({ target }) => target.select()}
          onBlur={close}
        />
      </label>
      <div id={id} role="listbox" aria-label={label} hidden={!isOpen}>
        {items.map(({ urn, name, kind, alias, matched }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field keeps the focus and takes the keys
          <div
            key={urn}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(urn)}
          >
            <strong>{name}</strong> <span className="quiet">{kind}</span>
            <br />
            <span className="quiet">{matched === 'alias' ? `also ${alias}` : urn}</span>
          </div>
        ))}
        {isOpen && items.length === 0 && (
          <p className="quiet">{found.isFetching ? 'Looking…' : 'Nothing has this in its name, URN or aliases.'}</p>
        )}
      </div>
    </div>
  );
}
