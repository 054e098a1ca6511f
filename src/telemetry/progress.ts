import cliProgress from 'cli-progress';

/** Shows how far long work is. One task at a time: `start`, any number of `advance`, `stop`; `stop` without `start` does nothing. */
export interface Progress {
  /** Begins a task of `total` steps. */
  start(total: number, label: string): void;
  /** Adds finished steps; `text` says what the latest one was. */
  advance(steps: number, text?: string): void;
  /** Ends the task and leaves no bar and no timer behind. */
  stop(): void;
  /** Writes a complete line without damaging the bar. */
  print(line: string): void;
}

/** A bar on a terminal, redrawn in place; elsewhere a plain line at most every `interval_ms`, and one at the end; `suffix` ends these lines. */
export function createProgress(options: {
  stream: NodeJS.WritableStream;
  isTerminal: boolean;
  now: () => number;
  interval_ms?: number;
  suffix?: string;
}): Progress {
  const { stream, now, interval_ms = 10_000, suffix = '' } = options;
  return options.isTerminal ? createBar(stream) : createLines(stream, now, interval_ms, suffix);
}

function createBar(stream: NodeJS.WritableStream): Progress {
  let bars: cliProgress.MultiBar | undefined;
  let bar: cliProgress.SingleBar | undefined;
  const stop = (): void => {
    // The library forgets lines printed since its last redraw unless it is asked for one more.
    bars?.update();
    bars?.stop();
    bars = undefined;
    bar = undefined;
  };
  return {
    start(total, label) {
      stop();
      bars = new cliProgress.MultiBar(
        {
          stream,
          format: '{label} {bar} {value}/{total} {eta_formatted} {text}',
          barsize: 24,
          clearOnComplete: true,
          hideCursor: true,
          // The program ends itself on a signal; a second listener would end it before its work is put away.
          gracefulExit: false,
        },
        cliProgress.Presets.shades_classic,
      );
      bar = bars.create(total, 0, { label, text: '' });
    },
    advance(steps, text) {
      bar?.increment(steps, text === undefined ? undefined : { text });
    },
    stop,
    print(line) {
      if (bars === undefined) stream.write(`${line}\n`);
      else bars.log(`${line}\n`);
    },
  };
}

function createLines(stream: NodeJS.WritableStream, now: () => number, intervalMs: number, suffix: string): Progress {
  let task: { label: string; total: number; done: number; text: string; printedAt: number } | undefined;
  const print = (line: string): void => {
    stream.write(`${line}\n`);
  };
  const report = (): void => {
    if (task === undefined) return;
    print([`${task.label}: ${task.done}/${task.total}`, task.text].filter(Boolean).join(' ') + suffix);
    task.printedAt = now();
  };
  return {
    start(total, label) {
      task = { label, total, done: 0, text: '', printedAt: now() };
    },
    advance(steps, text) {
      if (task === undefined) return;
      task.done += steps;
      task.text = text ?? task.text;
      if (now() - task.printedAt >= intervalMs) report();
    },
    stop() {
      report();
      task = undefined;
    },
    print,
  };
}
