/** Loaded with `--import`: moves this process's clock by two hours, forth and back every three seconds, as no clock should. */
const TWO_HOURS_MS = 7_200_000;
const JUMP_EVERY_MS = 3_000;

const readClock = Date.now;
Date.now = () => readClock() + (Math.floor(performance.now() / JUMP_EVERY_MS) % 2 === 0 ? TWO_HOURS_MS : -TWO_HOURS_MS);
