// A clock that ticks only while somebody looks at it.

import { useEffect, useState } from "preact/hooks";

/** The time in seconds since 1970: each second while it is wanted, and at least that of an answer. */
export function useNow(isWanted: boolean, answered: number): number {
  const [now, setNow] = useState(answered);
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [isWanted]);
  return Math.max(now, answered);
}
