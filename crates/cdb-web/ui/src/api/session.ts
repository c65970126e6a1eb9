// Who is logged in.

import { signal } from "@preact/signals";
import { dropDrafts } from "../data/drafts.ts";
import { forget, remember, remembered } from "../data/remembered.ts";
import { ApiError, request } from "./http.ts";

export interface Session {
  user: string;
  userRole: string;
  device: string;
  software: string;
  durability: string | undefined;
  /** Whether one administers the users. */
  canListUsers: boolean;
}

/** The session; `null` for nobody, and `undefined` until the server was asked. */
export const session = signal<Session | null | undefined>(undefined);

/** What the last session is remembered as. */
const SESSION = "session";

/** Asks the server who is logged in. */
export async function load(): Promise<void> {
  const info = (await request("GET", "session")) as {
    user: string | null;
    user_role: string;
    device: string | null;
    software: string;
    durability?: string | null;
    rights?: { others?: string[] };
  };
  session.value =
    info.user === null
      ? null
      : {
          user: info.user,
          userRole: info.user_role,
          device: info.device ?? info.user,
          software: info.software,
          durability: info.durability ?? undefined,
          canListUsers: info.rights?.others?.includes("list_users") ?? false,
        };
  if (session.value) remember(SESSION, session.value);
  else {
    dropDrafts();
    forget();
  }
}

/** Takes the session of the last time, if the server cannot be asked. Returns whether there was one. */
export function recall(): boolean {
  const last = remembered<Session>(SESSION);
  if (last) session.value = last;
  return last !== undefined;
}

/** Whether this session is still open, without leaving the page if it is not. */
export async function isOpen(): Promise<boolean> {
  const info = (await request("GET", "session")) as { user: string | null };
  return info.user !== null;
}

/** Opens a session. */
export async function logIn(user: string, password: string, stay: boolean): Promise<void> {
  await request("POST", "login", { user, password, stay });
  await load();
}

/** Ends the session. */
export async function logOut(): Promise<void> {
  await request("POST", "logout");
  dropDrafts();
  forget();
  session.value = null;
}

/**
 * Asks whether the session has ended, if an error may come from that: nobody is told what there is. Returns
 * whether it has.
 */
export async function hasEnded(error: unknown): Promise<boolean> {
  if (!(error instanceof ApiError) || ![401, 403, 404].includes(error.code)) return false;
  try {
    await load();
  } catch {
    return false;
  }
  return session.value === null;
}
