// What one is oneself, where one is logged in, and, for administrators, the other users.

import { text } from "../text/en.ts";
import { ApiError, request, requestAs } from "./http.ts";

export interface User {
  name: string;
  nickname: string;
  description: string;
  email?: string;
  icon?: string;
  role?: string;
  /** Whether other users see it. */
  public?: boolean;
}

export interface UserChanges {
  nickname?: string;
  description?: string;
  email?: string;
  icon?: string;
  role?: string;
  public?: boolean;
  password?: string;
}

export async function user(name: string): Promise<User> {
  return (await request("GET", `crud/${name}`)) as User;
}

export async function users(): Promise<User[]> {
  return (await request("GET", "crud/?q=ls")) as User[];
}

export async function createUser(name: string, changes: UserChanges): Promise<User> {
  return (await request("POST", `crud/${name}`, changes)) as User;
}

export async function changeUser(name: string, changes: UserChanges): Promise<User> {
  return (await request("PUT", `crud/${name}`, changes)) as User;
}

/** Deletes a user, with all devices and streams. */
export async function removeUser(name: string): Promise<void> {
  await request("DELETE", `crud/${name}`);
}

/** Changes one's password. The old one authenticates the request, in place of the session. */
export async function changePassword(user: string, old: string, password: string): Promise<void> {
  try {
    await requestAs(user, old, "PUT", `crud/${user}`, { password });
  } catch (error) {
    const isWrong = error instanceof ApiError && error.code === 401;
    throw isWrong ? new ApiError(text.settings.wrongPassword, 401, error.reference) : error;
  }
}

/** A place where one is logged in. Times are in seconds since 1970. */
export interface OpenSession {
  id: number;
  /** The path of the device that it acts as. */
  device: string;
  created: number;
  last_used: number;
  expires: number;
  user_agent: string;
  /** Whether it is that of this page. */
  current: boolean;
}

export async function sessions(): Promise<OpenSession[]> {
  return (await request("GET", "sessions")) as OpenSession[];
}

export async function endSession(id: number): Promise<void> {
  await request("DELETE", `sessions/${id}`);
}
