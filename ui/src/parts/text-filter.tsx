import { useEffect, useState } from 'react';

/** After so many milliseconds without a key the text is asked for. */
const PAUSE_MS = 150;

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
  if (asked !== value) {
    // The address was changed, by this field or from elsewhere.
    setAsked(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === asked) return;
    const timer = setTimeout(() => onChange(wanted || undefined), PAUSE_MS);
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
