// Work that waits for its turn, so that what is slow does not take every connection to the server from what is
// quick: a browser has six.

/** Lets at most so many run at the same time; the others wait in order. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly max: number) {}

  /** Runs some work when it is its turn, unless it was given up by then. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.running >= this.max) await new Promise<void>((go) => this.waiting.push(go));
    else this.running++;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The next one takes the place, or nobody.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
