import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { saveBoard } from "../../api/boards.ts";
import { hasEnded } from "../../api/session.ts";
import type { Board } from "./board.ts";

/**
 * A board that is changed at once, and saved one request at a time. If one is refused, what the server has is shown
 * again.
 */
export function useBoard(
  user: string,
  known: Board,
): { board: Signal<Board>; error: Signal<unknown>; save: (changes: Partial<Board>) => void } {
  const board = useSignal(known);
  const error = useSignal<unknown>(undefined);
  const saved = useRef(known);
  const isSending = useRef(false);
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
  const save = (changes: Partial<Board>) => {
    board.value = { ...board.value, ...changes };
    void send();
  };
  return { board, error, save };
}
