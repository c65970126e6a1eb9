import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isReached } from "../api/http.ts";
import { cardOrder, keepCardOrder } from "../api/kept-order.ts";
import { latest, streamsOf } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useAction } from "../data/action.ts";
import { useLive } from "../data/live.ts";
import { moved, ordered } from "../data/order.ts";
import { usePolled } from "../data/polled.ts";
import { preferences, startOfDay } from "../data/preferences.ts";
import { waiting } from "../data/queue.ts";
import { remember, remembered } from "../data/remembered.ts";
import { BY_HAND, type StreamRow } from "../data/tree.ts";
import { text } from "../text/en.ts";
import { weekday } from "../text/format.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { KeptNote } from "../widgets/kept.tsx";
import { isTyping } from "../widgets/keys.tsx";
import { Lazy } from "../widgets/lazy.tsx";
import { Begin } from "./today/begin.tsx";
import { Card } from "./today/card.tsx";

const INTERVAL = 5000;

// They come when one can write already.
const controls = async () => (await import("./today/controls.tsx")).Controls;

/** How many cards have a key. */
const MAX_KEYS = 9;

async function ask(user: string): Promise<StreamRow[]> {
  const device = `${user}/${BY_HAND}`;
  const [streams, last] = await Promise.all([streamsOf(device), latest([device])]);
  const latestOf = new Map(last.map((entry) => [entry.stream, entry]));
  const rows = streams.map((stream) => {
    const path = `${device}/${stream.name}`;
    return { path, stream, latest: latestOf.get(path) };
  });
  remember(`today:${user}`, rows);
  return rows;
}

/** How many streams have a value of this day, on the server or here. */
function noted(rows: StreamRow[], now: number): number {
  const midnight = startOfDay(now);
  const kept = new Set(waiting.value.filter(({ t }) => t >= midnight).map(({ path }) => path));
  const isNoted = ({ path, latest }: StreamRow) =>
    kept.has(path) || (latest?.last?.t ?? Number.NEGATIVE_INFINITY) >= midnight;
  return rows.filter(isNoted).length;
}

/** What one writes by hand, each on a card. */
export function TodayPage({ session }: { session: Session }) {
  const { user } = session;
  const isAnswered = useSignal(false);
  const { polled, refresh } = usePolled(
    () =>
      ask(user).finally(() => {
        isAnswered.value = true;
      }),
    INTERVAL,
    user,
    remembered<StreamRow[]>(`today:${user}`),
  );
  const { value: all, error, now } = polled.value;
  const isUsable = all !== undefined;
  useEffect(() => {
    if (isUsable) performance.mark("usable");
  }, [isUsable]);
  const { order, isArranging, action, move, finish } = useOrder(user, isUsable && isAnswered.value);
  const rows = useComputed(() =>
    ordered(polled.value.value ?? [], ({ stream }) => stream.name, order.value),
  );
  useLive(all?.map((row) => row.path) ?? [], refresh);
  useCardKeys();
  const names = rows.value.map(({ stream }) => stream.name);
  const isEmpty = all?.length === 0;
  return (
    <>
      <Head
        before={`${text.today.title}, `}
        title={weekday(new Date())}
        short={text.today.title}
        below={
          all && (isEmpty ? text.today.empty : <Noted noted={noted(all, now)} all={all.length} />)
        }
        action={isEmpty ? undefined : { name: text.today.add, to: "/app/new/stream" }}
      >
        {names.length > 1 && (
          <button
            type="button"
            class="quiet"
            aria-pressed={isArranging.value}
            disabled={action.isBusy.value}
            onClick={() => void finish(names)}
          >
            {isArranging.value ? text.today.arranged : text.today.arrange}
          </button>
        )}
      </Head>
      <KeptNote />
      <Failure error={action.error.value ?? (isReached.value ? error : undefined)} />
      {isEmpty && <Begin user={user} onCreated={refresh} />}
      <div class="cards">
        {rows.value.map((row, at) => (
          <Card
            key={row.path}
            row={row}
            now={now}
            shortcut={at < MAX_KEYS && preferences.value.hasShortcuts ? at + 1 : undefined}
            onWritten={refresh}
            onMove={isArranging.value ? (step) => move(names, row.stream.name, step) : undefined}
            isFirst={at === 0}
            isLast={at === names.length - 1}
          />
        ))}
      </div>
      {isUsable && <Lazy load={controls} props={{ user }} />}
    </>
  );
}

/**
 * The order of the cards, and how it is changed: it is sent when one has finished. What this browser remembers is
 * seldom another order than the server has, which is asked only when the cards are there.
 */
function useOrder(user: string, areCardsThere: boolean) {
  const order = useSignal<string[]>(remembered<string[]>(`order:${user}`) ?? []);
  const isArranging = useSignal(false);
  const isChanged = useSignal(false);
  const action = useAction();
  useEffect(() => {
    if (!areCardsThere) return;
    const take = (names: string[]) => {
      remember(`order:${user}`, names);
      if (!isArranging.peek()) order.value = names;
    };
    // Without an answer, the order is the one that was known last.
    cardOrder(user).then(take, () => {});
  }, [user, areCardsThere, order, isArranging]);
  const move = (names: string[], name: string, step: -1 | 1) => {
    order.value = moved(names, name, step);
    isChanged.value = true;
  };
  const finish = async (names: string[]) => {
    if (isArranging.value && isChanged.value) {
      const isKept = await action.run(() => keepCardOrder(user, names));
      if (!isKept) return;
      remember(`order:${user}`, names);
      isChanged.value = false;
    }
    isArranging.value = !isArranging.value;
  };
  return { order, isArranging, action, move, finish };
}

/** The keys 1 to 9 go to the cards. */
function useCardKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!/^[1-9]$/.test(event.key) || isTyping(event) || !preferences.value.hasShortcuts) return;
      const card = document.querySelectorAll("article.today:not(.control)")[Number(event.key) - 1];
      const control =
        card?.querySelector<HTMLElement>(".write input:checked") ??
        card?.querySelector<HTMLElement>(".write :is(input, textarea, select, button)");
      if (!control) return;
      event.preventDefault();
      control.focus();
      card?.scrollIntoView({ block: "nearest" });
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function Noted({ noted, all }: { noted: number; all: number }) {
  const MAX_DOTS = 12;
  return (
    <>
      {text.today.noted(noted, all)}
      {all <= MAX_DOTS && (
        <span class="dots" aria-hidden="true">
          {Array.from({ length: all }, (_, i) => (
            <span key={i} class={i < noted ? "dot" : "dot due"} />
          ))}
        </span>
      )}
    </>
  );
}
