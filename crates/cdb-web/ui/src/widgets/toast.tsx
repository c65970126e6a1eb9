// One line at the bottom that says what was done, and takes it back for a while.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { text } from "../text/en.ts";

/** How long something can be taken back, in seconds. */
const SECONDS = 10;

interface Message {
  words: string;
  undo: (() => Promise<void>) | undefined;
}

const message = signal<Message | undefined>(undefined);

/** Says that something was done, and how it is taken back. */
export function say(words: string, undo?: () => Promise<void>): void {
  message.value = { words, undo };
}

export function Toast() {
  const now = message.value;
  const [left, setLeft] = useState(SECONDS);
  // What one has done is not told to who logs in next.
  useEffect(
    () => () => {
      message.value = undefined;
    },
    [],
  );
  useEffect(() => {
    if (!now) return;
    setLeft(SECONDS);
    const timer = setInterval(() => setLeft((left) => left - 1), 1000);
    const end = setTimeout(() => {
      message.value = undefined;
    }, SECONDS * 1000);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [now]);
  return (
    <div class="toast-place" role="status">
      {now && (
        <p class="toast">
          {now.words}
          {now.undo && (
            <button
              type="button"
              onClick={() => {
                message.value = undefined;
                void now.undo?.();
              }}
            >
              {text.write.undo}
              <span aria-hidden="true"> · {left} s</span>
            </button>
          )}
        </p>
      )}
    </div>
  );
}
