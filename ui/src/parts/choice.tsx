interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  /** Values with their words. */
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly onChoose: (value: string | undefined) => void;
}

/** A filter of a list: one of the values, or all. */
export function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={({ target }) => onChoose(target.value || undefined)}>
        <option value="">All</option>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
