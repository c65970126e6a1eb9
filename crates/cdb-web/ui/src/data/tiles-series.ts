// What is known of a stream's numbers: tiles as far as they were looked at, kept up to date with what is written.

import { signal } from "@preact/signals";
import type { Datapoint } from "../api/objects.ts";
import { columns, length, type Numbers, samples } from "../api/plot.ts";
import { listen } from "./live.ts";
import { follow, type LiveEvent, type Tail } from "./tail.ts";
import {
  badness,
  COLUMNS,
  contains,
  cover,
  isAsWide,
  levelOf,
  nameOf,
  overlap,
  type Range,
  rangeOf,
  tilesOver,
} from "./tiles.ts";
import { Requests } from "./tiles-requests.ts";
import { countWithin, drawn, type Sample, type Source } from "./tiles-source.ts";
import { isOfTile, isOfView, nameOfView, type View } from "./tiles-view.ts";

// 45 kB each.
const MAX_TILES = 96;

// What is written later gets columns of its own, until there are so many times as many.
const MAX_TIMES = 4;

// From this badness on something better is asked for while a range moves.
const FINE = 2.5;

// What a script makes of new datapoints is asked for at most so often, in milliseconds.
const SCRIPT_PAUSE = 1000;

const LAST = Number.POSITIVE_INFINITY;

// As many as the server gives.
const MAX_COLUMNS = 10_000;

export class Series {
  /** Counts what has changed. */
  readonly changes = signal(0);
  /** Counts how often something was changed that was known already. */
  readonly corrections = signal(0);
  /** Why the last request failed. */
  readonly error = signal<unknown>(undefined);
  /** From the first to the last number; `undefined` until that is known or if there are none. */
  readonly extent = signal<Range | undefined>(undefined);
  /** Whether it is known that there are none. */
  readonly isEmpty = signal(false);
  last: Sample | undefined;
  /** The whole stream, in a few columns. */
  whole: Source | undefined;
  /** The picture of the range that was looked at last, or its datapoints. */
  private picture: Source | undefined;
  private readonly tiles = new Map<string, Source>();
  private readonly requests: Requests;
  private wholeCount = 0;
  private view: View | undefined;
  private tail: Tail | undefined;
  private readonly leave: () => void;
  /** How many datapoints there were when the messages began, until that was looked at. */
  private lengthBefore: number | undefined;
  /** What was too much to be drawn one by one. */
  private tooMany: string | undefined;
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly numbers: Numbers) {
    this.requests = new Requests(
      (error) => {
        this.error.value = error;
      },
      () => this.askAgain(),
    );
    this.leave = listen(numbers.path, (event) => this.hear(event));
  }

  /** Asks for the whole stream, in so many columns. Later calls change nothing. */
  open(count: number): void {
    if (this.wholeCount > 0) return;
    this.wholeCount = count;
    this.askForWhole();
  }

  /** Ends all requests. */
  close(): void {
    this.leave();
    clearTimeout(this.pause);
    this.requests.close();
  }

  /** Everything that can be drawn from. */
  *sources(): Iterable<Source> {
    if (this.picture) yield this.picture;
    yield* this.tiles.values();
    if (this.whole) yield this.whole;
  }

  /** A range is looked at while it moves: asks for tiles that are missing, and for no others. */
  show(view: View): void {
    this.view = view;
    const within = this.extent.value && overlap(view, this.extent.value);
    const tiles =
      within && !this.isFine(within, view.pixel) ? tilesOver(within, levelOf(view.pixel)) : [];
    const names = new Set(tiles.map(nameOf));
    this.requests.abort((name) => isOfTile(name) && !names.has(name));
    for (const tile of tiles) {
      const name = nameOf(tile);
      const known = this.tiles.get(name);
      if (known && !known.isStale) this.keep(name, known);
      else this.ask(name, rangeOf(tile), COLUMNS, (source) => this.keep(name, source));
    }
  }

  /** A range is looked at and rests: asks for what each pixel of it has, or for its datapoints. */
  rest(view: View): void {
    this.view = view;
    const within = this.extent.value && overlap(view, this.extent.value);
    // Until the extent is known, all of what is looked at may hold something.
    const wanted = within ?? (this.whole ? undefined : view);
    if (!wanted || this.isExact(wanted, view)) return;
    this.requests.abort((name) => isOfView(name) && !name.endsWith(nameOfView(view)));
    if (!within) {
      // How much there is will be known with the picture.
      this.askForPicture(view);
      return;
    }
    const pieces = cover(this.sources(), within, view.pixel);
    const about = pieces.reduce((sum, piece) => sum + countWithin(piece.source, piece), 0);
    if (about <= view.maxSamples && this.tooMany !== nameOfView(view)) this.askForSamples(view);
    else this.askForPicture(view);
  }

  /** Whether nothing better is to come for what is looked at. */
  isDone(view: View): boolean {
    if (this.isEmpty.value) return true;
    const within = this.extent.value && overlap(view, this.extent.value);
    return this.whole !== undefined && (!within || this.isExact(within, view));
  }

  private hear(event: LiveEvent): void {
    const [tail, step] = follow(this.tail, event);
    this.tail = tail;
    if (step.kind === "fold") this.fold(step.points);
    else if (step.kind === "missed") this.forget(this.last?.t ?? -LAST, LAST);
    else if (step.kind === "changed") this.forget(step.first, step.last);
    // Something failed, and the server can be reached again.
    else if (step.kind === "all" || (event.kind === "joined" && this.error.peek())) {
      this.forget(-LAST, LAST);
    } else if (step.kind === "begin") this.compare();
  }

  /** Asks again for what has failed. */
  private askAgain(): void {
    if (!this.whole) this.askForWhole();
    if (this.view) this.rest(this.view);
  }

  private isFine(range: Range, pixel: number): boolean {
    const pieces = cover(this.sources(), range, pixel);
    const isWhole =
      pieces.reduce((sum, { t1, t2 }) => sum + t2 - t1, 0) >= (range.t2 - range.t1) * 0.999_999;
    return isWhole && pieces.every((it) => !it.source.isStale && badness(it.source, pixel) < FINE);
  }

  private isExact(within: Range, view: View): boolean {
    return [this.picture, this.whole].some((it) => it && this.isExactIn(it, within, view));
  }

  private isExactIn(picture: Source, within: Range, view: View): boolean {
    if (picture.isStale || !contains(picture, within)) return false;
    const hasFew = this.whole !== undefined && countWithin(picture, view) <= view.maxSamples;
    if (picture.width === 0) return hasFew;
    return isAsWide(picture.width, view.pixel) && (!hasFew || this.tooMany === nameOfView(view));
  }

  private askForPicture(view: View): void {
    const { t1, t2, pixel } = view;
    // With a pixel more at each side, for the lines to what is not seen.
    const count = Math.min(Math.round((t2 - t1) / pixel) + 2, MAX_COLUMNS);
    const range = { t1: t1 - pixel, t2: t1 + (count - 1) * pixel };
    this.ask(`picture ${nameOfView(view)}`, range, count, (source) => {
      this.picture = source;
    });
  }

  private askForSamples(view: View): void {
    const { t1, t2, maxSamples } = view;
    const name = nameOfView(view);
    const load = async (signal: AbortSignal) => {
      // With as much at each side, in case it is looked at next.
      for (const margin of [t2 - t1, 0]) {
        const range = { t1: t1 - margin, t2: t2 + margin };
        const max = margin > 0 ? 4 * maxSamples : maxSamples;
        const source = await samples(this.numbers, range, max, signal);
        if (source) return source;
      }
      return undefined;
    };
    this.requests.start(`samples ${name}`, load, (source, missed) => {
      if (!source) {
        this.tooMany = name;
        this.askForPicture(view);
        return;
      }
      this.take(source, missed, () => {
        this.picture = source;
      });
    });
  }

  private askForWhole(): void {
    const load = (signal: AbortSignal) => columns(this.numbers, this.wholeCount, undefined, signal);
    this.requests.start("whole", load, (source, missed) => {
      this.take(source, missed, () => {
        this.whole = source;
        source.isOpen = true;
        const lastT = source.lastT;
        this.isEmpty.value = lastT === undefined;
        this.extent.value = lastT === undefined ? undefined : { t1: source.t1, t2: lastT };
        this.last = source.lastSample;
      });
      this.checkLength();
    });
  }

  private ask(name: string, range: Range, count: number, store: (source: Source) => void): void {
    const load = (signal: AbortSignal) => columns(this.numbers, count, range, signal);
    this.requests.start(name, load, (source, missed) =>
      this.take(source, missed, () => store(source)),
    );
  }

  /** Takes an answer, with what was written while it was waited for. */
  private take(source: Source, missed: Sample[], store: () => void): void {
    const end = Math.max(this.last?.t ?? -LAST, source.lastT ?? -LAST);
    source.isOpen = source.t2 >= end;
    const known = source.lastT ?? -LAST;
    for (const sample of missed) {
      if (sample.t > known) source.fold(sample);
      // It may be in the answer, or not.
      else if (sample.t === known) source.isStale = true;
    }
    store();
    this.error.value = undefined;
    this.changes.value += 1;
  }

  private keep(name: string, source: Source): void {
    // The one that was used last is the last one.
    this.tiles.delete(name);
    this.tiles.set(name, source);
    for (const oldest of this.tiles.keys()) {
      if (this.tiles.size <= MAX_TILES) break;
      this.tiles.delete(oldest);
    }
  }

  private fold(points: Datapoint[]): void {
    if (this.numbers.transform) {
      this.pause ??= setTimeout(() => {
        this.pause = undefined;
        this.forget(this.last?.t ?? -LAST, LAST);
      }, SCRIPT_PAUSE);
      return;
    }
    const added = points.flatMap(({ t, d }): Sample[] => {
      const number = drawn(d, this.numbers.key);
      return number === undefined ? [] : [{ t, d: number }];
    });
    const last = added.at(-1);
    if (!last) return;
    for (const source of this.sources()) for (const sample of added) source.fold(sample);
    this.requests.missed(added);
    if (this.whole && this.whole.size > MAX_TIMES * this.wholeCount) this.askForWhole();
    this.last = last;
    const t1 = this.extent.value?.t1 ?? (added[0]?.t ?? 0) - 1;
    this.isEmpty.value = false;
    this.extent.value = { t1, t2: last.t };
    // Without a first datapoint, columns had no width.
    if (!this.whole?.width && this.wholeCount > 0) this.askForWhole();
    this.changes.value += 1;
  }

  /** What it has of a range is asked for again. It is drawn until the answer is there. */
  private forget(first: number, last: number): void {
    for (const source of this.sources()) {
      if (source.t2 >= first && source.t1 <= last) source.isStale = true;
    }
    this.corrections.value += 1;
    this.requests.abort(() => true);
    if (this.wholeCount > 0) this.askForWhole();
    if (this.view) this.rest(this.view);
  }

  /** Asks how much there was when the messages began. */
  private compare(): void {
    const load = (signal: AbortSignal) => length(this.numbers.path, signal);
    this.requests.start("length", load, (now) => {
      this.lengthBefore = now;
      this.checkLength();
    });
  }

  /** What was written after it was asked for everything, and before the messages began, is missing. */
  private checkLength(): void {
    if (!this.whole || this.lengthBefore === undefined) return;
    const isSame = this.whole.count === this.lengthBefore;
    this.lengthBefore = undefined;
    if (!isSame) this.forget(this.last?.t ?? -LAST, LAST);
  }
}
