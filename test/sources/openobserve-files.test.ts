import { describeSource } from '../contracts/source.ts';
import { changeNames, makeOpenObserveWorld } from './openobserve-world.ts';

const faults = ['a truncated object', 'an object truncated midway', 'an object that vanishes midway', 'a vortex object'];
const changes = [...changeNames, 'a partition with odd characters'];
describeSource('openobserve_files with a file list', () => makeOpenObserveWorld(true), {
  ...{ changes, faults: [...faults, 'a vanished object'] },
});
describeSource('openobserve_files by listing', () => makeOpenObserveWorld(false), { changes, faults });
