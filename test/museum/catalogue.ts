import type { Bug } from './bug.ts';
import { ELECTION_BUGS } from './bugs/elections.ts';
import { LEASE_BUGS } from './bugs/leases.ts';
import { REPAIR_BUGS } from './bugs/repair.ts';
import { REPLICATION_BUGS } from './bugs/replication.ts';
import { SNAPSHOT_BUGS } from './bugs/snapshots.ts';
import { STORAGE_BUGS } from './bugs/storage.ts';
import { STORE_BUGS } from './bugs/store.ts';
import { WIRE_BUGS } from './bugs/wire.ts';

export const BUGS: readonly Bug[] = [
  ...ELECTION_BUGS,
  ...LEASE_BUGS,
  ...REPLICATION_BUGS,
  ...STORE_BUGS,
  ...STORAGE_BUGS,
  ...REPAIR_BUGS,
  ...SNAPSHOT_BUGS,
  ...WIRE_BUGS,
];
