import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { boards, saveBoard } from "../../api/boards.ts";
import { hasEnded } from "../../api/session.ts";
import { usePolled } from "../../data/polled.ts";
import type { Board } from "./board.ts";

/** How often changes of another machine are asked for, in milliseconds. */
const INTERVAL = 30_000;

/**
 * A board that is changed at once, and saved one request at a time. If one is refused, what the server has
 * is shown again. What another machine has changed is taken over, unless something was changed here meanwhile.
 */
export function useBoard(
  user: string,
  known: Board,
): { board: Signal<Board>; error: Signal<unknown>; save: (changes: Partial<Board>) => void } {
  const board = useSignal(known);
  const error = useSignal<unknown>(undefined);
  const saved = useRef(known);
  const isSending = useRef(false);
  const changes = useRef(0);
  const send = async () => {
    if (isSending.current) return;
    isSending.current = true;
    try {
      while (saved.current !== board.value) {
        const next = board.value;
        await saveBoard(user, next);
        saved.current = next;
      }
      error.value = undefined;
    } catch (failure) {
      board.value = saved.current;
      if (!(await hasEnded(failure))) error.value = failure;
    } finally {
      isSending.current = false;
    }
  };
  const save = (to: Partial<Board>) => {
    changes.current += 1;
    board.value = { ...board.value, ...to };
    void send();
  };
  const { polled } = usePolled(
    async () => ({ before: changes.current, all: await boards(user) }),
    INTERVAL,
    known.name,
  );
  const newest = polled.value.value;
  useEffect(() => {
    const next = newest?.all.find(({ name }) => name === known.name);
    if (!next || newest?.before !== changes.current || isSending.current) return;
    // Another object of the same board would be drawn anew.
    if (JSON.stringify(next) === JSON.stringify(board.value)) return;
    saved.current = next;
    board.value = next;
  }, [newest, known.name, board]);
  return { board, error, save };
}
