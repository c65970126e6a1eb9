// Durations as people read and write them.

/** h:mm:ss */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** Reads `h:mm:ss`, `mm:ss`, `1h 30m` or a number of minutes as `90 min`. Returns seconds. */
export function readDuration(written: string): number | undefined {
  const trimmed = written.trim().toLowerCase();
  const clock = /^(?:(\d+):)?(\d+):([0-5]\d)$/.exec(trimmed);
  if (clock) {
    const [, hours = "0", minutes = "0", seconds = "0"] = clock;
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  }
  const words = /^(?:([\d.,]+)\s*h)?\s*(?:([\d.,]+)\s*m(?:in)?)?\s*(?:([\d.,]+)\s*s)?$/.exec(
    trimmed,
  );
  if (!words || trimmed === "") return undefined;
  const [hours, minutes, seconds] = words
    .slice(1)
    .map((it) => Number((it ?? "0").replace(",", ".")));
  const sum = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return Number.isFinite(sum) ? sum : undefined;
}
