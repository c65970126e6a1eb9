import { ApiError } from "../api/http.ts";
import { Job } from "./csv-job.ts";
import type { FromWorker, ToWorker } from "./csv-messages.ts";

let job: Job | undefined;

const tell = (message: FromWorker) => postMessage(message);

async function follow(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "open":
      job = new Job(message.file, message.zone, tell);
      return await job.open();
    case "split":
      return job?.split(message.plan);
    case "check":
      return await job?.check(message.plan, message.target);
    case "write":
      return await job?.write(message.target);
    case "stop":
      return job?.stop();
  }
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  follow(data).catch((error: unknown) => {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const reference = error instanceof ApiError ? error.reference : undefined;
    tell({ type: "failed", message, reference });
  });
});
