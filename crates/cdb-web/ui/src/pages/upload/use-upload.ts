// What is known of the file that is uploaded, and what is done with it.

import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { ApiError } from "../../api/http.ts";
import type { FromWorker, PreviewRow, Result, Target } from "../../data/csv-messages.ts";
import type { Plan } from "../../data/csv-plan.ts";
import type { Bad } from "../../data/csv-read.ts";
import { openReader, type Reader } from "../../data/csv-reader.ts";
import { timeZone } from "../../data/preferences.ts";
import { text } from "../../text/en.ts";

export interface Progress {
  done: number;
  all: number;
  isWaiting: boolean;
}

export type Phase = "none" | "opening" | "checking" | "checked" | "writing" | "written";

export interface Written {
  sent: number;
  refused: Bad[];
  isStopped: boolean;
}

export class Upload {
  readonly phase = signal<Phase>("none");
  readonly name = signal("");
  readonly size = signal(0);
  readonly plan = signal<Plan | undefined>(undefined);
  readonly preview = signal<PreviewRow[]>([]);
  readonly result = signal<Result | undefined>(undefined);
  readonly progress = signal<Progress | undefined>(undefined);
  readonly written = signal<Written | undefined>(undefined);
  readonly error = signal<unknown>(undefined);
  /** Called when the file was looked at. */
  onOpened: (plan: Plan) => void = () => {};
  private reader: Reader | undefined;

  open(file: Blob, name: string): void {
    this.close();
    this.name.value = name;
    this.plan.value = undefined;
    this.result.value = undefined;
    this.phase.value = "opening";
    this.reader = openReader((message) => this.hear(message));
    this.reader.tell({ type: "open", file, zone: timeZone.value });
  }

  /** Splits the rows in another way. */
  split(plan: Plan): void {
    this.reader?.tell({ type: "split", plan });
  }

  check(plan: Plan, target: Target | undefined): void {
    this.plan.value = plan;
    this.written.value = undefined;
    this.error.value = undefined;
    this.phase.value = "checking";
    this.progress.value = undefined;
    this.reader?.tell({ type: "check", plan, target });
  }

  write(target: Target): void {
    this.phase.value = "writing";
    this.error.value = undefined;
    this.progress.value = undefined;
    this.reader?.tell({ type: "write", target });
  }

  stop(): void {
    this.reader?.tell({ type: "stop" });
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
    this.phase.value = "none";
    this.written.value = undefined;
    this.error.value = undefined;
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case "opened":
        this.size.value = message.size;
        this.onOpened(message.plan);
        break;
      case "preview":
        this.preview.value = message.rows;
        break;
      case "progress":
        this.progress.value = message;
        break;
      case "checked":
        this.result.value = message.result;
        this.phase.value = "checked";
        break;
      case "written":
        this.written.value = message;
        this.phase.value = "written";
        break;
      case "failed":
        this.error.value = new ApiError(message.message || text.errors.odd, 0, message.reference);
        this.phase.value = this.phase.value === "opening" ? "none" : "checked";
    }
  }
}

export function useUpload(): Upload {
  const upload = useMemo(() => new Upload(), []);
  useEffect(() => () => upload.close(), [upload]);
  return upload;
}

/** Where the points go: the path of a stream, or what is to be created. */
export interface Into {
  path: Signal<string>;
  device: Signal<string>;
  name: Signal<string>;
}

export function useInto(path: string, device: string): Into {
  return { path: useSignal(path), device: useSignal(device), name: useSignal("") };
}
