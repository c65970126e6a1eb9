// The values that are kept in the browser until the server has them, in IndexedDB.

const DATABASE = "cdb";
const KEPT = "kept";
const LEASE = "lease";

/** How long a tab may go on without saying that it is still there, in milliseconds. */
const LEASE_TIME = 30_000;

/** The next time that a browser's clock can tell, in seconds. */
const TICK = 0.001;

export interface Kept {
  /** The path of the stream. */
  path: string;
  /** When it was noted, in seconds since 1970. No two values of a stream have the same time. */
  t: number;
  d: unknown;
  /** It was taken back. It stays until it is sure that the server does not have it. */
  isUndone?: boolean;
  /** Why the server does not take it, in its words. */
  refused?: string;
}

/** What the queue is kept in. A change is on the disk when its promise is there. */
export interface Store {
  /** Keeps a value of now. The time is later than that of every other one that is kept in the same millisecond. */
  add(path: string, d: unknown, now: number): Promise<Kept>;
  /** Everything, in the order of paths, and then of times. */
  all(): Promise<Kept[]>;
  /** Forgets values that the server has, or never gets. Those that were taken back meanwhile stay. */
  settle(kept: Kept[]): Promise<void>;
  /** Forgets values, also those that were taken back. */
  drop(kept: Kept[]): Promise<void>;
  /** Says why a value is refused, or that it is to be tried again. */
  refuse(kept: Kept, why: string | undefined): Promise<void>;
  /** Takes a value back, also one that the server has already. */
  undo(kept: Kept): Promise<void>;
}

/** A time that no value of the stream has yet, from a clock that may stand still. */
export function freeTime(now: number, isTaken: (t: number) => boolean): number {
  // Counted in whole milliseconds, so that the sum of many is exact.
  const tick = Math.round(now / TICK);
  let n = 0;
  while (isTaken((tick + n) / 1000)) n++;
  return (tick + n) / 1000;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opening: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(KEPT, { keyPath: ["path", "t"] });
    request.result.createObjectStore(LEASE);
  };
  return done(request);
}

/** Runs what belongs together, and returns when it is on the disk. */
async function change<T>(
  work: (store: IDBObjectStore) => Promise<T>,
  name: string = KEPT,
): Promise<T> {
  opening ??= open().catch((error) => {
    opening = undefined;
    throw error;
  });
  const database = await opening;
  const transaction = database.transaction(name, "readwrite", { durability: "strict" });
  const committed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  const result = await work(transaction.objectStore(name));
  await committed;
  return result;
}

const key = ({ path, t }: Kept) => [path, t];

/** Changes one value, if it is still kept. */
async function update(kept: Kept, to: (now: Kept) => Kept): Promise<void> {
  await change(async (store) => {
    const now = (await done(store.get(key(kept)))) as Kept | undefined;
    if (now) await done(store.put(to(now)));
  });
}

export const store: Store = {
  add: (path, d, now) =>
    change(async (store) => {
      const keys = await done(store.getAllKeys(IDBKeyRange.bound([path], [path, []])));
      const taken = new Set(keys.map((key) => (key as [string, number])[1]));
      const kept: Kept = { path, t: freeTime(now, (t) => taken.has(t)), d };
      await done(store.add(kept));
      return kept;
    }),
  all: () => change((store) => done(store.getAll())) as Promise<Kept[]>,
  settle: (kept) =>
    change(async (store) => {
      for (const one of kept) {
        const now = (await done(store.get(key(one)))) as Kept | undefined;
        if (now && !now.isUndone) await done(store.delete(key(one)));
      }
    }),
  drop: (kept) =>
    change(async (store) => {
      for (const one of kept) await done(store.delete(key(one)));
    }),
  refuse: (kept, why) =>
    update(kept, ({ path, t, d, isUndone }) => ({
      path,
      t,
      d,
      ...(isUndone ? { isUndone } : {}),
      ...(why === undefined ? {} : { refused: why }),
    })),
  undo: ({ path, t, d }) =>
    change(async (store) => {
      await done(store.put({ path, t, d, isUndone: true }));
    }),
};

interface Lease {
  holder: string;
  until: number;
}

/** Takes the right to send, or says that one is still there. Returns whether no other tab has it. */
export async function lease(holder: string): Promise<boolean> {
  return await change(async (store) => {
    const now = (await done(store.get(LEASE))) as Lease | undefined;
    if (now && now.holder !== holder && now.until > Date.now()) return false;
    await done(store.put({ holder, until: Date.now() + LEASE_TIME }, LEASE));
    return true;
  }, LEASE);
}

export async function endLease(holder: string): Promise<void> {
  await change(async (store) => {
    const now = (await done(store.get(LEASE))) as Lease | undefined;
    if (now?.holder === holder) await done(store.delete(LEASE));
  }, LEASE);
}
