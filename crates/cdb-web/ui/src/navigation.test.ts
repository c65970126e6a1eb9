import { describe, expect, it } from "vitest";
import type { Session } from "./api/session.ts";
import { above, isAt, placesOf, tabsOf } from "./navigation.ts";

const mara = { user: "mara", canListUsers: false } as Session;
const admin = { user: "mara", canListUsers: true } as Session;

describe("places", () => {
  it("are shown to those who may go there", () => {
    const names = (session: Session) => placesOf(session).map(({ name }) => name);
    expect(names(mara)).not.toContain("Users");
    expect(names(admin)).toContain("Users");
    const { tabs, others } = tabsOf(admin);
    expect(tabs).toHaveLength(4);
    expect([...tabs, ...others]).toHaveLength(names(admin).length);
  });

  it("are where one is, one at most", () => {
    const current = (path: string) =>
      placesOf(admin)
        .filter((place) => isAt(place, path, "mara"))
        .map(({ name }) => name);
    expect(current("/")).toEqual(["Today"]);
    expect(current("/mara")).toEqual(["Devices"]);
    expect(current("/bob/garden/temperature")).toEqual(["Devices"]);
    expect(current("/mara/meta/log")).toEqual(["Log"]);
    expect(current("/app/settings/sessions")).toEqual(["Settings"]);
    expect(current("/app/settingsx")).toEqual([]);
  });
});

describe("above a page", () => {
  it("is what holds it", () => {
    expect(above("/mara/garden/temperature", "mara")).toBe("/mara/garden");
    expect(above("/mara/garden", "mara")).toBe("/mara");
    expect(above("/mara", "mara")).toBeUndefined();
    expect(above("/mara/meta/log", "mara")).toBeUndefined();
    expect(above("/", "mara")).toBeUndefined();
    expect(above("/app/settings", "mara")).toBeUndefined();
    expect(above("/app/settings/sessions", "mara")).toBe("/app/settings");
    expect(above("/app/new/stream", "mara")).toBe("/mara");
  });
});
