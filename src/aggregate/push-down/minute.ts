import { MINUTE } from '../../core/time.ts';

/** Expression of the minute that a row begins in, in µs. It divides nothing, because engines do not agree on what dividing integers gives. */
export const minuteStart = `_timestamp - _timestamp % ${MINUTE}`;
