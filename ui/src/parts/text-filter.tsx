import { useEffect, useRef, useState } from 'react';

/** The first letter is asked for at once, later ones at most every so many ms: some browsers refuse more than 100 changes of the address in ten seconds. */
const PAUSE_MS = 100;

interface TextFilterProps {
  readonly label: string;
  readonly placeholder: string;
  /** What is asked for now. */
  readonly value: string | undefined;
  readonly onChange: (text: string | undefined) => void;
}

/** A field for a text to search for; typing never waits for an answer. */
export function TextFilter({ label, placeholder, value = '', onChange }: TextFilterProps) {
  const [text, setText] = useState(value);
  const [asked, setAsked] = useState(value);
  const lastAt = useRef(-PAUSE_MS);
  if (asked !== value) {
    // The address was changed, by this field or from elsewhere.
    setAsked(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === asked) return;
    const wait = lastAt.current + PAUSE_MS - performance.now();
    const timer = setTimeout(() => {
      lastAt.current = performance.now();
      onChange(wanted || undefined);
    }, wait);
    return () => clearTimeout(timer);
  }, [text, asked, onChange]);
  return (
    <label>
      {label}
      <input
        type="search"
        value={text}
        maxLength={200}
        placeholder={placeholder}
        spellCheck={false}
        onChange={({ target }) => setText(target.value)}
      />
    </label>
  );
}
